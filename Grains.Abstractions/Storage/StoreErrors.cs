namespace Hearth.Storage;

/// <summary>The store cannot be reached or cannot write now: nothing was changed, and the caller may try again.</summary>
public class StoreUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>The store was lost during a commit: it may have been made or not.</summary>
public sealed class OutcomeUnknownException(string message, Exception? innerException = null) : StoreUnavailableException(message, innerException);

/// <summary>A stored row is not what was written: the disk or the database has damaged it.</summary>
public sealed class CorruptRowException(string message) : Exception(message);
