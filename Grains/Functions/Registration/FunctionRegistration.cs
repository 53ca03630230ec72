namespace Hearth.Functions.Registration;

/// <summary>A function that the application's code added; built when the silo starts, with its services.</summary>
internal sealed record FunctionRegistration(string Name, FunctionOptions Options, Func<FunctionHost, ServedFunction> Build)
{
    /// <summary>Builds all of them.</summary>
    /// <exception cref="InvalidOperationException">With every mistake in one message.</exception>
    public static IReadOnlyList<ServedFunction> BuildAll(IEnumerable<FunctionRegistration> registrations, FunctionHost host)
    {
        var all = registrations.ToList();
        var mistakes = all.SelectMany(r => r.Mistakes())
            .Concat(all.GroupBy(r => r.Name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => $"Function '{g.Key}' is added twice."))
            .ToList();
        return mistakes.Count == 0
            ? [.. all.Select(r => r.Build(host))]
            : throw new InvalidOperationException(string.Join(Environment.NewLine, mistakes));
    }

    private IEnumerable<string> Mistakes()
    {
        if (!FunctionName.IsValid(Name))
            yield return $"Function '{Name}': {FunctionName.Rule}.";
        foreach (var mistake in Options.Validate())
            yield return $"Function '{Name}': {mistake}";
    }
}
