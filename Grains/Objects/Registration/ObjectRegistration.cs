using Hearth.Functions;

namespace Hearth.Objects;

/// <summary>A kind of object that the application's code added; built when the silo starts, with its services.</summary>
internal sealed record ObjectRegistration(
    string Name, ObjectOptions Options, IReadOnlyList<OperationRegistration> Operations, Func<FunctionHost, ServedObject> Build)
{
    /// <summary>Builds all of them.</summary>
    /// <exception cref="InvalidOperationException">With every mistake in one message.</exception>
    public static ObjectRegistry BuildAll(IEnumerable<ObjectRegistration> registrations, FunctionHost host)
    {
        var all = registrations.ToList();
        var mistakes = all.SelectMany(r => r.Mistakes().Select(mistake => $"Object '{r.Name}': {mistake}"))
            .Concat(Twice(all.Select(r => r.Name)).Select(name => $"Object '{name}' is added twice."))
            .ToList();
        return mistakes.Count == 0
            ? new ObjectRegistry(all.Select(r => r.Build(host)))
            : throw new InvalidOperationException(string.Join(Environment.NewLine, mistakes));
    }

    private IEnumerable<string> Mistakes()
    {
        const string Rule = "a name is 1 to 64 lower-case letters, digits, dots, dashes or underscores, and starts with a letter.";
        if (!FunctionName.IsValid(Name))
            yield return Rule;
        if (Operations.Count == 0)
            yield return "it has no operation: add one with On or OnRead.";
        foreach (var operation in Operations.Where(o => !FunctionName.IsValid(o.Name)))
            yield return $"operation '{operation.Name}': {Rule}";
        foreach (var operation in Twice(Operations.Select(o => o.Name)))
            yield return $"operation '{operation}' is added twice.";
        foreach (var mistake in Options.Validate())
            yield return mistake;
    }

    private static IEnumerable<string> Twice(IEnumerable<string> names) =>
        names.GroupBy(name => name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key);
}
