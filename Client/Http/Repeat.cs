using System.Net;

namespace Hearth.Client.Http;

/// <summary>What may be sent a second time, when nobody can tell what became of the first.</summary>
internal enum Repeat
{
    /// <summary>Nothing that may have been done: only after an answer, or a failure to connect, that says that it was not.</summary>
    OnlyIfNotDone,

    /// <summary>It does no harm: a read, or a request with an idempotency key.</summary>
    Always,
}

/// <summary>Which answers lead to another try.</summary>
internal static class RepeatRules
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    // Answered before anything has begun. What is not here may have run, such as 'cancelled', 'silo-lost' and 'object-moved'.
    private static readonly string[] NotDone = ["busy", "pool-empty", "silo-unavailable"];

    /// <summary>Asks until there is an answer, or a trouble that does not pass, or the time is over.</summary>
    /// <param name="ask">Given how often it was asked, this time included.</param>
    /// <param name="repeat">Whether it may be asked again.</param>
    /// <param name="retryFor">For how long.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<T> RunAsync<T>(
        Func<int, Task<T>> ask, Repeat repeat, TimeSpan retryFor, TimeProvider clock, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            TimeSpan pause;
            try
            {
                return await ask(tries).ConfigureAwait(false);
            }
            catch (HearthException e) when (Allows(repeat, e))
            {
                pause = Pause(tries, e.Problem.RetryAfter);
                if (clock.GetElapsedTime(start) + pause > retryFor)
                    throw;
            }

            await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether to try again.</summary>
    public static bool Allows(Repeat repeat, HearthException error) =>
        error is HearthUnreachableException unreachable ? AfterSilence(repeat, unreachable) : AfterProblem(repeat, error);

    private static bool AfterProblem(Repeat repeat, HearthException error) => repeat == Repeat.OnlyIfNotDone
        ? Array.Exists(NotDone, error.Is)
        : !error.Is("queue-full") && (error.Is("key-in-progress") || (HttpStatusCode)error.Problem.Status is
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
            or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout);

    private static bool AfterSilence(Repeat repeat, HearthUnreachableException error) =>
        (repeat == Repeat.Always || !error.WasSent) && error.InnerException is not HttpRequestException
        {
            HttpRequestError: HttpRequestError.SecureConnectionError or HttpRequestError.ConfigurationLimitExceeded, // will not pass
        };

    /// <summary>Doubled each time, shortened by chance so that those who failed together do not come back together, and no shorter than was asked for.</summary>
    public static TimeSpan Pause(int tries, TimeSpan? asked)
    {
        var pause = Math.Min(Longest.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(2, Math.Min(tries - 1, 10)));
        var random = TimeSpan.FromMilliseconds(pause * (0.5 + (Random.Shared.NextDouble() / 2)));
        return asked > random ? asked.Value : random;
    }
}
