using System.Buffers;
using Hearth.Api.Calls;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Functions;
using Hearth.Jobs;

namespace Hearth.Api.Jobs;

/// <summary>Turns a call into a job: its input is checked as a call's would be, stored, and only then acknowledged.</summary>
internal sealed class JobSubmission(JobIntake intake, JobEndpoints jobs)
{
    public async ValueTask<Problem?> SubmitAsync(
        HttpContext http, ServedFunction function, CallInput input, IReadOnlyDictionary<string, string> parameters, Prefer prefer)
    {
        var (body, refused) = Check(function, input);
        input.Return(http.Request);
        if (refused is not null)
            return refused;
        var job = new JobSpec(function.Name, input.ContentType, body, OptionsOf(parameters, input.Lenient));
        if (!IdempotencyKey.TryRead(http.Request, [job], out var key))
            return Problems.InvalidKey;
        var (submitted, problem) = await intake.TakeAsync(ShardKey.DefaultQueue, [job], key);
        if (submitted is null)
            return problem;
        http.Response.Headers["Preference-Applied"] = prefer.Applied;
        var accepted = new JobView(submitted.First, function.Name, JobState.Ready);
        return submitted.Outcome == SubmitOutcome.Accepted && prefer.Wait is null
            ? await JobEndpoints.AcceptedAsync(http, accepted, ShardKey.DefaultQueue)
            : await jobs.AnswerAsync(http, accepted, ShardKey.DefaultQueue, prefer.Wait);
    }

    private static JobOptions? OptionsOf(IReadOnlyDictionary<string, string> parameters, bool lenient) =>
        parameters.Count == 0 && !lenient ? null : new JobOptions { Parameters = parameters.Count == 0 ? null : parameters, Lenient = lenient };

    /// <summary>What cannot be decoded would fail when it runs: better to say so now.</summary>
    private static (byte[] Body, Problem? Problem) Check(ServedFunction function, CallInput input)
    {
        if (input.Body.Length > JobSpec.InputBytesMax)
            return ([], Problems.TooLarge(JobSpec.InputBytesMax));
        var body = input.Body.ToArray();
        if (function.CheckInput(new ReadOnlySequence<byte>(body), input.ContentType, input.Lenient) is { } error)
            return (body, Problems.From(error));
        return (body, null);
    }
}
