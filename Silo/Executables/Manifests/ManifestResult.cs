namespace Hearth.Executables;

/// <summary>A manifest, or every mistake in it: one sentence each, naming the file, the field and the remedy.</summary>
internal sealed record ManifestResult(Manifest? Manifest, IReadOnlyList<string> Mistakes);
