namespace Hearth;

/// <summary>A silo of your own: add functions to the builder, build, run.</summary>
/// <example>
/// <code>
/// var builder = HearthApplication.CreateBuilder(args);
/// builder.AddFunction("double", (Number n) => new Number(n.Value * 2));
/// await builder.Build().RunAsync();
/// </code>
/// </example>
public sealed class HearthApplication
{
    private readonly Func<CancellationToken, Task<int>> run;

    internal HearthApplication(WebApplication? web, Func<CancellationToken, Task<int>> run)
    {
        this.run = run;
        Web = web;
    }

    /// <summary>The web application below, for middleware and endpoints of your own; null when the command line asked for something else.</summary>
    public WebApplication? Web { get; }

    /// <summary>Reads command line and configuration; <c>--help</c> tells what there is.</summary>
    public static HearthApplicationBuilder CreateBuilder(params string[] args) => new(args);

    /// <summary>
    /// Serves until told to stop (SIGINT, SIGTERM, or the token). A start that cannot work is one clear message on the error stream.
    /// </summary>
    /// <returns>The exit code, which becomes the process's: 0, or 1 when the start failed.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken = default)
    {
        var code = await run(cancellationToken);
        Environment.ExitCode = code;
        return code;
    }
}
