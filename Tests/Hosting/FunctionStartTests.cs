namespace Hearth.Tests.Hosting;

/// <summary>Functions and objects of the code that cannot be served together are a start that is refused.</summary>
public sealed class FunctionStartTests
{
    [Fact]
    public Task Two_functions_of_one_route_do_not_start() => DoesNotStartAsync(builder =>
    {
        builder.AddFunction("one", () => 1, o => (o.Route, o.Method) = ("/same/{a}", "GET"));
        builder.AddFunction("two", () => 2, o => (o.Route, o.Method) = ("/same/{b}", "GET"));
    });

    [Fact]
    public Task An_object_whose_operation_takes_no_state_does_not_start() =>
        DoesNotStartAsync(builder => builder.AddObject<List<string>>("words", words => words.On("add", (string word) => word)));

    [Fact]
    public Task An_object_without_operations_does_not_start() => DoesNotStartAsync(builder => builder.AddObject<List<string>>("words", _ => { }));

    private static async Task DoesNotStartAsync(Action<HearthApplicationBuilder> configure)
    {
        using var folder = new Support.TempFolder();
        var builder = HearthApplication.CreateBuilder("--port", "0", "--data", folder["data"], "--functions", folder["functions"]);
        configure(builder);
        // Were it to start after all, it would serve until this.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var before = Environment.ExitCode;
        Assert.Equal(1, await builder.Build().RunAsync(patience.Token));
        Environment.ExitCode = before;
        Assert.False(patience.IsCancellationRequested);
    }
}
