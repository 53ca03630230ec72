using System.Globalization;
using Hearth.Functions;

namespace Hearth.Executables;

/// <summary>
/// All that a run sees of an environment: what the manifest allows of the silo's, its own literals, and what Hearth tells it.
/// Nothing is inherited.
/// </summary>
internal static class RunEnvironment
{
    public static Dictionary<string, string> Of(Manifest manifest, FunctionContext context, string id)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in manifest.EnvironmentAllowed)
            if (Environment.GetEnvironmentVariable(name) is { } value)
                variables[name] = value;
        foreach (var (name, value) in manifest.Environment)
            variables[name] = value;
        foreach (var name in manifest.Connections)
            variables[$"HEARTH_CONNECTION_{Upper(name)}"] = context.Connection(name);
        foreach (var (name, value) in context.Parameters)
            variables[$"HEARTH_PARAMETER_{Upper(name)}"] = value;
        Tell(variables, context);
        variables[ProcessTable.Marker] = id;
        return Checked(variables);
    }

    private static void Tell(Dictionary<string, string> variables, FunctionContext context)
    {
        variables["HEARTH_FUNCTION"] = context.Function;
        variables["HEARTH_VERSION"] = context.Version;
        variables["HEARTH_CONTENT_TYPE"] = context.ContentType;
        if (context.JobId is not { } job)
            return;
        // Together the fencing token that a program can store beside its own writes.
        variables["HEARTH_JOB"] = job;
        variables["HEARTH_ATTEMPT"] = context.Attempt.ToString(CultureInfo.InvariantCulture);
        variables["HEARTH_EPOCH"] = context.Epoch.ToString(CultureInfo.InvariantCulture);
    }

    private static string Upper(string name) =>
        string.Create(name.Length, name, (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsAsciiLetterOrDigit(text[i]) ? char.ToUpperInvariant(text[i]) : '_';
        });

    /// <summary>A NUL would silently cut a value short, and what follows it might be believed.</summary>
    private static Dictionary<string, string> Checked(Dictionary<string, string> variables) =>
        variables.FirstOrDefault(pair => pair.Value.Contains('\0', StringComparison.Ordinal)) is { Key: { } name }
            ? throw new FunctionException($"The value for {name} holds a NUL character, which no program can be given.")
            : variables;
}
