using Hearth.Functions;
using Hearth.Functions.Registration;
using Hearth.Hosting;
using Hearth.Jobs;
using Hearth.Objects;
using Hearth.Schedules;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hearth;

/// <summary>Collects functions, objects and services; see <see cref="HearthApplication"/>.</summary>
public sealed partial class HearthApplicationBuilder
{
    private readonly CommandLine commandLine;

    static HearthApplicationBuilder()
    {
        // A lone line feed does not end a header: proxies disagree about it, which is how requests are smuggled past them.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        // Compressed data that ends too soon is an error, not the end.
        AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);
    }

    internal HearthApplicationBuilder(string[] args)
    {
        commandLine = CommandLine.Parse(args);
        Web = WebApplication.CreateSlimBuilder(new WebApplicationOptions());
        Web.Services.TryAddSingleton(TimeProvider.System);
    }

    /// <summary>The services that functions can have injected.</summary>
    public IServiceCollection Services => Web.Services;

    /// <summary>Configuration: <c>Hearth:*</c> from the environment (<c>Hearth__Port</c>) below the command line.</summary>
    public ConfigurationManager Configuration => Web.Configuration;

    internal WebApplicationBuilder Web { get; }

    /// <summary>
    /// Serves a delegate as a function. Its first parameter that is nothing else is the input; <see cref="FunctionContext"/>,
    /// <see cref="CancellationToken"/>, services and, for streamed output, a second <see cref="Stream"/> may stand beside it in any order. It
    /// returns a value, a task of one, or nothing.
    /// </summary>
    /// <param name="name">1 to 64 lower-case letters, digits, dots, dashes, underscores; starts with a letter.</param>
    /// <param name="function">The algorithm.</param>
    /// <param name="configure">Version, timeout, limits, route; see <see cref="FunctionOptions"/>.</param>
    public HearthApplicationBuilder AddFunction(string name, Delegate function, Action<FunctionOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Add(name, configure, (options, host) => DelegateFunction.Create(name, function, options, host));
    }

    /// <summary>Serves a class as a function; it is constructed once, with services.</summary>
    public HearthApplicationBuilder AddFunction<TFunction, TIn, TOut>(string name, Action<FunctionOptions>? configure = null)
        where TFunction : class, IFunction<TIn, TOut>
    {
        return Add(name, configure, (options, host) =>
        {
            var instance = ActivatorUtilities.CreateInstance<TFunction>(host.Services);
            return new TypedFunction<TIn, TOut>(
                name, options, host,
                (input, _, context, cancellationToken) => new ValueTask<TOut>(instance.RunAsync(input, context, cancellationToken)));
        });
    }

    /// <summary>Says what is special about a queue; one that is not mentioned is in the pool <c>default</c>.</summary>
    /// <param name="name">1 to 64 lower-case letters, digits, dots, dashes, underscores; starts with a letter or digit.</param>
    /// <param name="configure">Its pool, limits and so on. <c>Hearth:Queues:{name}</c> of the configuration stands in place of all of it.</param>
    public HearthApplicationBuilder AddQueue(string name, Action<QueueOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        var options = new QueueOptions();
        configure?.Invoke(options);
        Services.AddSingleton(new QueueRegistration(name, options));
        return this;
    }

    /// <summary>
    /// Adds a schedule: stored when a silo starts, where another definition is stored under its name or none. It stays when the code names it no more:
    /// delete it with the API. That it is paused stays as it is.
    /// </summary>
    /// <param name="name">1 to 64 lower-case letters, digits, dots, dashes, underscores; starts with a letter or digit.</param>
    /// <param name="cron">Five fields, or six with seconds in front (docs/reference/schedules.md).</param>
    /// <param name="timeZone">IANA name, such as <c>Europe/Berlin</c>; null: UTC.</param>
    /// <param name="queue">The queue of its jobs.</param>
    /// <param name="job">Its jobs; <c>{{tick}}</c> in JSON or text stands for the tick.</param>
    public HearthApplicationBuilder AddSchedule(string name, string cron, string? timeZone, string queue, JobSpec job) =>
        AddSchedule(name, new ScheduleDefinition(new ScheduleTiming(cron, timeZone), queue, job));

    /// <summary>Adds a schedule with policies, calendar, jitter and so on.</summary>
    /// <inheritdoc cref="AddSchedule(string, string, string?, string, JobSpec)"/>
    /// <param name="name">1 to 64 lower-case letters, digits, dots, dashes, underscores; starts with a letter or digit.</param>
    /// <param name="definition">What it does, and when.</param>
    /// <exception cref="ArgumentException">The name or the timing cannot be; the message says why.</exception>
    public HearthApplicationBuilder AddSchedule(string name, ScheduleDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        if (!ScheduleName.IsValid(name))
            throw new ArgumentException($"'{name}' cannot be a schedule: {ScheduleName.Rule}.", nameof(name));
        if (Timetable.Create(name, definition.Timing).Mistake is { } mistake)
            throw new ArgumentException($"Schedule '{name}': {mistake.Field}: {mistake.Detail}", nameof(definition));
        Services.AddSingleton(new ScheduleRegistration(name, definition));
        return this;
    }

    /// <summary>
    /// Serves a kind of object: a state for each key and operations on it, one at a time for each key, <c>POST /v1/objects/{name}/{key}/{operation}</c>.
    /// </summary>
    /// <param name="name">1 to 64 lower-case letters, digits, dots, dashes, underscores; starts with a letter.</param>
    /// <param name="operations">Adds the operations.</param>
    /// <param name="configure">Pool, timeout, limits; see <see cref="ObjectOptions"/>.</param>
    /// <typeparam name="TState">The state; a new one where nothing is stored. Any type that System.Text.Json reads and writes.</typeparam>
    /// <example>
    /// <code>
    /// builder.AddObject&lt;Cart>("cart", cart =>
    /// {
    ///     cart.On("add", (Cart state, Item item) => state.Items.Add(item));
    ///     cart.OnRead("total", (Cart state) => state.Items.Sum(i => i.Price));
    /// });
    /// </code>
    /// </example>
    public HearthApplicationBuilder AddObject<TState>(string name, Action<ObjectBuilder<TState>> operations, Action<ObjectOptions>? configure = null)
        where TState : class, new()
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(operations);
        var (builder, options) = (new ObjectBuilder<TState>(), new ObjectOptions());
        operations(builder);
        configure?.Invoke(options);
        Services.AddSingleton(new ObjectRegistration(
            name, options, builder.Operations, host => ServedObject.Create<TState>(name, options, builder.Operations, host)));
        return this;
    }

    /// <summary>
    /// Makes a function known that no silo runs: its jobs wait for workers outside, in any language, which lease them over HTTP
    /// (docs/reference/workers.md). It takes any media type unless <see cref="FunctionOptions.InputContentTypes"/> says otherwise, up to 1 MiB unless
    /// <see cref="FunctionOptions.InputBytesMax"/> does; a call that does not ask for a job is answered 409.
    /// </summary>
    /// <param name="name">1 to 64 lower-case letters, digits, dots, dashes, underscores; starts with a letter.</param>
    /// <param name="configure">Description, retry, limits; timeout and concurrency are the workers' own.</param>
    public HearthApplicationBuilder AddExternalFunction(string name, Action<FunctionOptions>? configure = null) =>
        Add(name, configure, (options, host) => ExternalFunction.Create(name, options, host));

    /// <summary>Prepares the silo; it starts with <see cref="HearthApplication.RunAsync"/>.</summary>
    public HearthApplication Build()
    {
        try
        {
            return commandLine.Build(this);
        }
        catch (StartException e)
        {
            return new HearthApplication(null, _ => Task.FromResult(SiloStart.Refuse(e.Message)));
        }
    }

    private HearthApplicationBuilder Add(string name, Action<FunctionOptions>? configure, Func<FunctionOptions, FunctionHost, ServedFunction> build)
    {
        ArgumentNullException.ThrowIfNull(name);
        var options = new FunctionOptions();
        configure?.Invoke(options);
        Services.AddSingleton(new FunctionRegistration(name, options, host => build(options, host)));
        return this;
    }
}
