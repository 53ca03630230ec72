using Hearth.Functions;
using Hearth.Functions.Registration;
using Hearth.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hearth;

/// <summary>Collects functions and services; see <see cref="HearthApplication"/>.</summary>
public sealed class HearthApplicationBuilder
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
