using System.IO.Pipelines;
using Hearth.Api.Http;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Functions.Runs;

namespace Hearth.Api.Calls;

/// <summary>
/// A call whose bytes stream: input and output are pumped side by side, with back-pressure both ways. The first 64 KiB of output are
/// held back, so that a function that fails early still gets a proper error; later the connection is cut.
/// </summary>
internal static class StreamedCall
{
    private const int HeldBackBytes = 64 * 1024;

    public static async ValueTask<Problem?> RunAsync(
        HttpContext http, CallPlaces places, ServedFunction function, string contentType, string wanted,
        IReadOnlyDictionary<string, string> parameters)
    {
        if (http.Request.ContentLength > function.Input.BytesMax)
            return Problems.TooLarge(function.Input.BytesMax);
        var isHere = places.IsHere(function);
        if (!isHere)
            return await RemoteCall.RunAsync(http, places, function, contentType, wanted, parameters);
        // Before the slot: a slow sender of XML, which is read whole, must not hold one without a deadline.
        var (source, type, unreadable) = await SourceAsync(http, function, contentType);
        if (unreadable is not null)
            return unreadable;
        if (function.Slots.TryTake() is not { } run)
        {
            if (ReferenceEquals(source, http.Request.BodyReader) && places.HasOthers(function))
                return await RemoteCall.RunAsync(http, places, function, contentType, wanted, parameters);
            function.Usage.Refused();
            return Problems.Busy(function);
        }

        try
        {
            run.ReadInput(default, type, lenient: false);
            return await PumpAsync(http, run, source, function.CreateContext(type, parameters), wanted);
        }
        finally
        {
            run.Release();
        }
    }

    private static async Task<Problem?> PumpAsync(HttpContext http, FunctionRun run, PipeReader source, FunctionContext context, string wanted)
    {
        var function = run.Function;
        var ended = run.StartAsync(context, function.Options.Timeout, http.RequestAborted).AsTask();
        var copying = CopyInputAsync(run, source, function.Input.BytesMax, http.RequestAborted);
        var (sent, tooLarge) = (0L, false);
        RunOutcome outcome;
        (long, Problem?) input;
        try
        {
            if (run.Output is not null)
                (sent, tooLarge) = await SendAsync(http.Response, run, ended, copying, context, wanted);
        }
        catch
        {
            // Neither the caller nor the spool takes the output.
            run.CutOff(RunEnd.Cancelled);
            throw;
        }
        finally
        {
            // Nobody reads any more: a body that still writes must not wait for room.
            if (run.Output is not null)
                await run.Output.Reader.CompleteAsync();
            outcome = await ended;
            // Nor does it need the rest of an input that a slow caller may never send.
            source.CancelPendingRead();
            input = await copying;
        }

        var (copied, broken) = input;
        if (broken is not null)
            return broken;
        if (tooLarge)
            return Problems.OutputTooLarge(function);
        if (outcome.End != RunEnd.Succeeded)
            return CallEndpoint.Failed(function, outcome);
        return run.Output is null
            ? await CallEndpoint.AnswerAsync(http, run, context, wanted, copied, cache: null, cacheKey: null)
            : Done(function, copied, sent);
    }

    private static Problem? Done(ServedFunction function, long copied, long sent)
    {
        function.Usage.Moved(copied, sent);
        return null;
    }

    private static async Task<(long Copied, Problem? Broken)> CopyInputAsync(FunctionRun run, PipeReader source, long bytesMax, CancellationToken aborted)
    {
        try
        {
            var copied = await RunPump.CopyInputAsync(source, run.Input!.Writer, bytesMax, aborted);
            if (copied >= 0)
                return (copied, null);
            run.CutOff(RunEnd.Cancelled);
            return (0, Problems.TooLarge(bytesMax));
        }
        catch (BadHttpRequestException e)
        {
            run.CutOff(RunEnd.Cancelled);
            return (0, Problems.From(e));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            run.CutOff(RunEnd.Cancelled);
            return (0, null);
        }
    }

    private static async Task<(PipeReader Source, string ContentType, Problem? Problem)> SourceAsync(
        HttpContext http, ServedFunction function, string contentType)
    {
        if (contentType != MediaTypes.Xml || function.Input.Takes(MediaTypes.Xml))
        {
            return (http.Request.BodyReader, contentType, null);
        }

        var (input, problem) = await CallInput.ReadAsync(http.Request, function.Input, contentType);
        return (PipeReader.Create(input.Body), input.ContentType, problem);
    }

    private static async Task<(long Sent, bool TooLarge)> SendAsync(
        HttpResponse response, FunctionRun run, Task<RunOutcome> ended, Task copyingInput, FunctionContext context, string wanted)
    {
        var output = run.Output!.Reader;
        var bytesMax = run.Function.Output.BytesMax;
        if (CallOutput.NeedsConversion(run.Function.Options.OutputContentType, wanted))
            return await SendConvertedAsync(response, run, ended, bytesMax, wanted);
        await using var sender = new StreamSender(response.BodyWriter, copyingInput, run.Function.Clock);
        long sent = 0;
        while (true)
        {
            var read = await output.ReadAsync();
            if (read.IsCanceled)
                return (sent, false);
            var held = !response.HasStarted && sent == 0;
            if (held && !read.IsCompleted && read.Buffer.Length < HeldBackBytes)
            {
                output.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            if (sent + read.Buffer.Length > bytesMax)
            {
                run.CutOff(RunEnd.Cancelled);
                return (sent, true);
            }

            // The output has ended; whether well is known a moment later.
            if (held && read.IsCompleted && (await ended).End != RunEnd.Succeeded)
                return (0, false);
            if (held)
                response.ContentType = context.ResultContentType;
            if (held && read.IsCompleted)
                response.ContentLength = read.Buffer.Length;
            await sender.SendAsync(read.Buffer, isLast: read.IsCompleted);
            sent += read.Buffer.Length;
            output.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return (sent, false);
        }
    }

    private static async Task<(long Sent, bool TooLarge)> SendConvertedAsync(
        HttpResponse response, FunctionRun run, Task<RunOutcome> ended, long bytesMax, string wanted)
    {
        var (json, isTooLarge) = await RunPump.ReadAllAsync(run, bytesMax);
        if (isTooLarge || (await ended).End != RunEnd.Succeeded)
            return (0, isTooLarge);
        await CallOutput.SendAsync(response, json, MediaTypes.Json, wanted);
        return (json.Length, false);
    }
}
