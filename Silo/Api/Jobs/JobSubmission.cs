using System.Buffers;
using Hearth.Api.Calls;
using Hearth.Api.Http;
using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs;

/// <summary>Turns a call into a job: its input is checked as a call's would be, stored, and only then acknowledged.</summary>
internal sealed class JobSubmission(IGrainFactory grains, JobEndpoints jobs)
{
    public async ValueTask<Problem?> SubmitAsync(
        HttpContext http, ServedFunction function, CallInput input, IReadOnlyDictionary<string, string> parameters, Prefer prefer)
    {
        var (body, refused) = Check(function, input);
        input.Return(http.Request);
        if (refused is not null)
            return refused;
        var job = new JobSpec(function.Name, input.ContentType, body, parameters, input.Lenient);
        if (!IdempotencyKey.TryRead(http.Request, job, out var key))
            return Problems.InvalidKey;
        JobSubmitted submitted;
        try
        {
            submitted = await grains.GetGrain<IShardGrain>(IShardGrain.Default).SubmitAsync(job, key);
        }
        catch (StoreUnavailableException)
        {
            return Problems.StoreUnavailable;
        }

        if (submitted.IsOtherBody)
            return Problems.KeyReused;
        http.Response.Headers["Preference-Applied"] = prefer.Applied;
        return await jobs.AnswerAsync(http, submitted.Id, prefer.Wait);
    }

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
