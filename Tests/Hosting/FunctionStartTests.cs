namespace Hearth.Tests.Hosting;

/// <summary>Functions of the code that cannot be served together are a start that is refused.</summary>
public sealed class FunctionStartTests
{
    [Fact]
    public async Task Two_functions_of_one_route_do_not_start()
    {
        using var folder = new Support.TempFolder();
        var builder = HearthApplication.CreateBuilder("--port", "0", "--data", folder["data"], "--functions", folder["functions"]);
        builder.AddFunction("one", () => 1, o => (o.Route, o.Method) = ("/same/{a}", "GET"));
        builder.AddFunction("two", () => 2, o => (o.Route, o.Method) = ("/same/{b}", "GET"));
        // Were it to start after all, it would serve until this.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var before = Environment.ExitCode;
        Assert.Equal(1, await builder.Build().RunAsync(patience.Token));
        Environment.ExitCode = before;
        Assert.False(patience.IsCancellationRequested);
    }
}
