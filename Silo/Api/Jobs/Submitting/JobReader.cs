using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Functions.Payloads;
using Hearth.Jobs;

namespace Hearth.Api.Jobs.Submitting;

/// <summary>
/// Reads jobs from a request in one pass, in the server's own buffers: an input is copied once, into the array that is stored. The first
/// mistake ends it; it names the member (<c>[3].retry.factor</c>) and the remedy.
/// </summary>
internal ref partial struct JobReader
{
    /// <summary>An input's own levels, with the job and the array around it.</summary>
    private static readonly JsonReaderOptions Options = new() { MaxDepth = HearthJson.DepthMax + 2 };

    private readonly ReadOnlySequence<byte> body;
    private readonly JobBuilder builder;
    private readonly bool lenient;
    private Utf8JsonReader json;
    private string prefix = "";
    private string field = "";

    private JobReader(in ReadOnlySequence<byte> body, JobBuilder builder, bool lenient)
    {
        (this.body, this.builder, this.lenient) = (body, builder, lenient);
        json = body.IsSingleSegment ? new Utf8JsonReader(body.FirstSpan, Options) : new Utf8JsonReader(body, Options);
    }

    /// <summary>Reads one job or an array of them.</summary>
    /// <param name="body">JSON.</param>
    /// <param name="builder">Makes jobs of what is read.</param>
    /// <param name="lenient">Whether numbers may be text, because it came as XML.</param>
    /// <exception cref="JobRejectedException">It is not as it has to be.</exception>
    public static JobRequest Read(in ReadOnlySequence<byte> body, JobBuilder builder, bool lenient) =>
        new JobReader(body, builder, lenient).Try(static (ref JobReader reader) => reader.Request());

    /// <summary>Reads one job.</summary>
    /// <exception cref="JobRejectedException">It is not as it has to be.</exception>
    public static JobSpec ReadOne(in ReadOnlySequence<byte> body, JobBuilder builder) =>
        new JobReader(body, builder, lenient: false).Try(static (ref JobReader reader) =>
        {
            reader.json.Read();
            var job = reader.Job();
            reader.json.Read();
            return job;
        });

    private delegate T Reading<out T>(ref JobReader reader);

    private T Try<T>(Reading<T> read)
    {
        if (body.IsEmpty)
            throw new JobRejectedException(Problems.Malformed("The body is empty; send a job such as {\"function\": \"echo\", \"input\": 1}, or an array of jobs."));
        try
        {
            return read(ref this);
        }
        catch (JsonException e)
        {
            throw new JobRejectedException(Problems.Malformed(Describe(e)));
        }
        catch (InvalidOperationException)
        {
            // Thrown by the reader for text that JSON can spell and UTF-16 cannot hold.
            throw Rejected("holds text that is not Unicode: send valid UTF-8, without lone surrogates");
        }
    }

    private JobRequest Request()
    {
        json.Read();
        if (json.TokenType == JsonTokenType.StartObject)
        {
            var job = Job();
            json.Read();
            return new JobRequest([job], IsArray: false);
        }

        if (json.TokenType != JsonTokenType.StartArray)
            throw new JobRejectedException(Problems.InvalidInput("Send a job such as {\"function\": \"echo\", \"input\": 1}, or an array of jobs.", "$"));
        var jobs = new List<JobSpec>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (jobs.Count == JobLimits.RequestJobsMax)
                throw new JobRejectedException(Problems.TooManyJobs);
            prefix = string.Create(CultureInfo.InvariantCulture, $"[{jobs.Count}].");
            jobs.Add(Job());
        }

        if (jobs.Count == 0)
            throw new JobRejectedException(Problems.InvalidInput("The array is empty: send at least one job.", "$"));
        json.Read();
        return new JobRequest([.. jobs], IsArray: true);
    }

    private JobSpec Job()
    {
        field = "";
        if (json.TokenType != JsonTokenType.StartObject)
            throw Rejected("must be an object such as {\"function\": \"echo\", \"input\": 1}");
        var members = default(JobMembers);
        var seen = 0u;
        while (Next("", JobMembers.Known, ref seen, out var name))
        {
            if (name == "input")
                Input(ref members);
            else if (json.TokenType != JsonTokenType.Null)
                Member(ref members, name);
        }

        try
        {
            return builder.Build(members, lenient);
        }
        catch (JobRejectedException e) when (prefix.Length > 0)
        {
            throw new JobRejectedException(e.Problem with { Field = prefix + e.Problem.Field });
        }
    }

    private void Member(ref JobMembers members, string name)
    {
        switch (name)
        {
            case "function": members.Function = Text(); break;
            case "inputText" or "inputBase64": Decode(ref members, name); break;
            case "contentType": members.ContentType = Text(); break;
            case "parameters": members.Parameters = Pairs(); break;
            default: members.Options = Option(members.Options ?? JobOptions.Default, name); break;
        }
    }

    private JobOptions Option(JobOptions options, string name) => name switch
    {
        "delay" => options with { Delay = Duration() },
        "dueAt" => options with { DueAt = Time() },
        "priority" => options with { Priority = (byte)Math.Clamp(Whole(), 0, byte.MaxValue) },
        "expireAfter" => options with { ExpireAfter = Duration() },
        "expiresAt" => options with { ExpiresAt = Time() },
        "timeout" => options with { Timeout = Duration() },
        "retry" => options with { Retry = Retry() },
        "key" => options with { Key = Text() },
        "tags" => options with { Tags = Texts("tags", JobLimits.TagsMax) },
        _ => options with { Unique = Unique() },
    };

    private void Input(ref JobMembers members)
    {
        OnlyInput(members, "input");
        var start = json.TokenStartIndex;
        json.Skip();
        (members.Input, members.InputMember) = (body.Slice(start, json.BytesConsumed - start), "input");
    }

    private void Decode(ref JobMembers members, string name)
    {
        OnlyInput(members, name);
        if (json.TokenType != JsonTokenType.String)
            throw Rejected("must be text in quotes");
        if (name == "inputText")
            members.Decoded = Utf8();
        else if (!json.TryGetBytesFromBase64(out members.Decoded))
            throw Rejected("must be base64 (RFC 4648 §4), without line breaks");
        members.InputMember = name;
    }

    private void OnlyInput(in JobMembers members, string name)
    {
        if (members.InputMember is { } other)
            throw Rejected($"stands beside '{other}': a job has one input, so keep one of them");
        field = name;
    }

    private RetryPolicy Retry()
    {
        var policy = RetryPolicy.Default;
        var seen = 0u;
        Open("an object such as {\"attempts\": 3}");
        while (Next("retry.", JobMembers.Retry, ref seen, out var name))
        {
            if (json.TokenType == JsonTokenType.Null)
                continue;
            policy = name switch
            {
                "attempts" => policy with { Attempts = Whole() },
                "initial" => policy with { Initial = Duration() },
                "factor" => policy with { Factor = Number() },
                "cap" => policy with { Cap = Duration() },
                "jitter" => policy with { Jitter = Number() },
                _ => policy with { NonRetryable = Texts("retry.nonRetryable", JobRules.NonRetryableMax) },
            };
        }

        return policy;
    }

    private UniqueSpec Unique()
    {
        var unique = new UniqueSpec();
        var seen = 0u;
        Open("an object such as {\"within\": \"1h\"}");
        while (Next("unique.", JobMembers.Unique, ref seen, out var name))
        {
            if (json.TokenType == JsonTokenType.Null)
                continue;
            unique = name switch
            {
                "key" => unique with { Key = Text() },
                "within" => unique with { Within = Duration() },
                "mode" => unique with { Mode = Mode() },
                "wait" => unique with { Wait = Duration() },
                "max" => unique with { Max = Duration() },
                _ => unique with { While = States() },
            };
        }

        return unique;
    }
}

/// <summary>The jobs of one request.</summary>
/// <param name="Jobs">At least one.</param>
/// <param name="IsArray">Whether they came as an array, and so are answered as one.</param>
internal sealed record JobRequest(JobSpec[] Jobs, bool IsArray);
