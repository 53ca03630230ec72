namespace Hearth.Functions.Runs;

/// <summary>Ends a run that had to wait for its body, and by then might not begin any more: as if it had never been called.</summary>
internal sealed class NotBegunException() : Exception("The run may not begin on this silo any more.");
