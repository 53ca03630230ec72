using System.Runtime.ExceptionServices;
using Hearth.Storage;

namespace Hearth.Objects;

/// <summary>Finds what the store has said: Orleans packs errors of a state provider into its own.</summary>
internal static class StoreTrouble
{
    /// <summary>The store's error; null when it is not about the store.</summary>
    public static StoreUnavailableException? In(Exception? error)
    {
        while (error is Orleans.Runtime.OrleansException)
            error = error.InnerException;
        return error as StoreUnavailableException;
    }

    /// <summary>Throws the store's error, if it is one of its; else does nothing.</summary>
    public static void Rethrow(Exception error)
    {
        if (In(error) is { } trouble && trouble != error)
            ExceptionDispatchInfo.Throw(trouble);
    }
}
