namespace Hearth.Tests.Engine;

/// <summary>Errors that Orleans hands to callers inside one of its own.</summary>
internal static class Failure
{
    /// <summary>The error of a call that must fail with one of this type, itself or within.</summary>
    public static async Task<T> WithAsync<T>(Func<Task> call)
        where T : Exception
    {
        var thrown = await Assert.ThrowsAnyAsync<Exception>(call);
        for (var error = thrown; error is not null; error = error.InnerException)
        {
            if (error is T sought)
                return sought;
        }

        throw new Xunit.Sdk.XunitException($"No {typeof(T).Name} in: {thrown}");
    }
}
