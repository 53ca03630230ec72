using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Jobs;
using Microsoft.Net.Http.Headers;

namespace Hearth.Api.Jobs.Workers;

/// <summary>What workers ask and tell, checked.</summary>
internal static class WorkerRequests
{
    /// <summary>Functions that a worker may name.</summary>
    public const int FunctionsMax = 100;

    /// <summary>Longest wait for jobs.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LeaseDefault = TimeSpan.FromSeconds(30);
    private static readonly string[] Outcomes = ["succeeded", "failed", "failedForGood", "returned", "snoozed", "discarded"];
    private static readonly string[] Results = ["result", "resultText", "resultBase64"];
    private static readonly string[] Item = ["id", "attempt", "outcome", .. Results, "contentType", "error", "errorType", "after", "backOff"];

    /// <summary>The body of a lease request.</summary>
    public static (OutsideAsk Ask, TimeSpan Wait) Lease(JsonElement body, bool lenient)
    {
        var fields = new WorkerFields(body, "", lenient, "worker", "functions", "max", "lease", "wait");
        var worker = fields.Name("worker", JobLimits.WorkerLengthMax) ?? throw fields.Missing("worker", "is the worker's name, for people, such as host and process");
        var functions = fields.Array("functions", FunctionsMax, "names of functions").Select((name, i) => Function(fields, name, i)).ToList();
        return (
            new OutsideAsk([.. functions.Distinct(StringComparer.Ordinal)], fields.Whole("max", 1, 1, JobLimits.OutsideLeaseMax), worker, LeaseTime(fields)),
            fields.Duration("wait", TimeSpan.Zero, TimeSpan.Zero, WaitMax));
    }

    /// <summary>The body of a heartbeat.</summary>
    public static (HeldAttempt[] Held, TimeSpan Lease) Heartbeat(JsonElement body, bool lenient)
    {
        var fields = new WorkerFields(body, "", lenient, "lease", "jobs");
        var items = fields.Array("jobs", JobLimits.OutsideItemsMax, "jobs such as {\"id\": \"...\", \"attempt\": 1}");
        return ([.. items.Select((item, i) =>
        {
            var (id, attempt) = new WorkerFields(item, At("jobs", i), lenient, "id", "attempt").Held();
            return new HeldAttempt(id, attempt);
        })], LeaseTime(fields));
    }

    /// <summary>The body of a completion: one item or an array.</summary>
    public static (JobResult[] Results, bool IsArray) Complete(JsonElement body, bool lenient)
    {
        if (body.ValueKind != JsonValueKind.Array)
            return ([Completion(new WorkerFields(body, "", lenient, Item))], false);
        if (body.GetArrayLength() is 0 or > JobLimits.OutsideItemsMax)
            throw new JobRejectedException(Problems.InvalidInput(
                string.Create(CultureInfo.InvariantCulture, $"The array must have 1 to {JobLimits.OutsideItemsMax} items."), "$"));
        return ([.. body.EnumerateArray().Select((item, i) => Completion(new WorkerFields(item, At("", i), lenient, Item)))], true);
    }

    private static string At(string array, int index) => string.Create(CultureInfo.InvariantCulture, $"{array}[{index}].");

    private static TimeSpan LeaseTime(WorkerFields fields) =>
        fields.Duration("lease", LeaseDefault, JobLimits.OutsideLeaseTimeMin, JobLimits.OutsideLeaseTimeMax);

    private static string Function(WorkerFields fields, JsonElement name, int index)
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"functions[{index}]");
        return name.ValueKind == JsonValueKind.String && fields.TextOf(place, name) is var text && FunctionName.IsValid(text)
            ? text
            : throw fields.Rejected(place, $"must name a function: {FunctionName.Rule}");
    }

    private static JobResult Completion(WorkerFields fields)
    {
        var (id, attempt) = fields.Held();
        var outcome = Array.IndexOf(Outcomes, fields.Text("outcome")) switch
        {
            0 => AttemptOutcome.Succeeded,
            1 => AttemptOutcome.Failed,
            2 => AttemptOutcome.FailedForGood,
            3 => AttemptOutcome.Returned,
            4 => AttemptOutcome.Snoozed,
            5 => AttemptOutcome.Discarded,
            _ => throw fields.Rejected("outcome", $"must be one of {string.Join(", ", Outcomes)}"),
        };
        RefuseOthers(fields, outcome);
        return outcome switch
        {
            AttemptOutcome.Succeeded => Succeeded(fields, new JobResult(id, attempt, outcome, default, default)),
            AttemptOutcome.Returned => new JobResult(id, attempt, outcome, default, default),
            AttemptOutcome.Snoozed => new JobResult(id, attempt, outcome, default, default, Error: Reason(fields) ?? "Not now.", Extras: After(fields)
                ?? throw fields.Missing("after", "is when the job is to run again, from now, such as \"5m\"")),
            AttemptOutcome.Discarded => new JobResult(id, attempt, outcome, default, default, Error: Error(fields), ErrorType: "discarded"),
            _ => new JobResult(
                id, attempt, outcome, default, default, Error: Error(fields), ErrorType: fields.Name("errorType", JobRules.NameLengthMax) ?? "failed",
                Extras: After(fields)),
        };
    }

    private static AttemptExtras? After(WorkerFields fields)
    {
        var backOff = BackOffOf(fields);
        if (fields.Has("after"))
            return new AttemptExtras(fields.Duration("after", default, JobLimits.WaitMin, JobRules.RetryWaitMax), BackOff: backOff);
        return fields.Has("backOff") ? throw fields.Rejected("backOff", "needs 'after', which says for how long: send both, or leave it out") : null;
    }

    private static BackOff BackOffOf(WorkerFields fields) => fields.Text("backOff") is not { } who
        ? BackOff.Job
        : BackOffText.Parse(who) ?? throw fields.Rejected("backOff", $"must be one of {BackOffText.All}");

    /// <summary>What does not go with the outcome was meant otherwise.</summary>
    private static void RefuseOthers(WorkerFields fields, AttemptOutcome outcome)
    {
        string[] results = [.. Results, "contentType"];
        string[] others = outcome switch
        {
            AttemptOutcome.Succeeded => ["error", "errorType", "after", "backOff"],
            AttemptOutcome.Failed => results,
            AttemptOutcome.FailedForGood => [.. results, "after", "backOff"],
            AttemptOutcome.Snoozed => [.. results, "errorType"],
            AttemptOutcome.Discarded => [.. results, "errorType", "after", "backOff"],
            _ => [.. results, "error", "errorType", "after", "backOff"],
        };
        if (others.FirstOrDefault(fields.Has) is { } other)
            throw fields.Rejected(other, $"does not go with outcome {fields.Text("outcome")}: leave it out");
    }

    private static string Error(WorkerFields fields) => Reason(fields) ?? "The worker told that the attempt failed, and not why.";

    private static string? Reason(WorkerFields fields) =>
        fields.Text("error") is { Length: > JobLimits.ErrorLengthMax } error ? error[..JobLimits.ErrorLengthMax] : fields.Text("error");

    private static JobResult Succeeded(WorkerFields fields, in JobResult succeeded)
    {
        var given = Results.Where(fields.Has).ToList();
        if (given.Count > 1)
            throw fields.Rejected(given[1], $"stands beside '{given[0]}': an attempt has one result, so keep one of them");
        if (given.Count == 0)
            return fields.Has("contentType") ? throw fields.Rejected("contentType", "is there without a result: leave it out") : succeeded;
        var bytes = Bytes(fields, given[0]);
        if (bytes.Length > JobSpec.InputBytesMax)
            throw new JobRejectedException(Problems.ResultTooLarge(JobSpec.InputBytesMax, fields.PathOf(given[0])));
        return succeeded with { Result = bytes, ContentType = ContentType(fields, given[0]) };
    }

    private static byte[] Bytes(WorkerFields fields, string name)
    {
        if (name == "result")
            return JsonMarshal.GetRawUtf8Value(fields["result"]).ToArray();
        var text = fields.Text(name)!;
        if (name == "resultText")
            return Encoding.UTF8.GetBytes(text);
        return fields[name].TryGetBytesFromBase64(out var bytes) ? bytes : throw fields.Rejected(name, "must be base64 (RFC 4648 §4), without line breaks");
    }

    private static string ContentType(WorkerFields fields, string result)
    {
        var given = fields.Text("contentType");
        if (given is not null && (given.Length > JobRules.NameLengthMax || !MediaTypeHeaderValue.TryParse(given, out _)))
            throw fields.Rejected("contentType", "is no media type: send one such as text/plain");
        var said = given is null ? null : Accept.MediaTypeOf(given);
        if (result != "result")
            return said ?? (result == "resultText" ? MediaTypes.Text : MediaTypes.Bytes);
        return said is null or MediaTypes.Json
            ? MediaTypes.Json
            : throw fields.Rejected("contentType", "does not go with 'result', which is JSON: leave it out, or send resultText or resultBase64");
    }
}
