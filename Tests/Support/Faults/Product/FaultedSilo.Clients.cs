using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Hearth.Tests.Support.Faults;

/// <summary>What its clients do.</summary>
internal sealed partial class FaultedSilo
{
    /// <summary>Clients that submit one job after the other. Every second one has an idempotency key and tries again until it is told.</summary>
    public Load Submit(int clients = 16) => Load.Start(History, clients, SubmitAsync);

    /// <summary>Clients that submit arrays.</summary>
    public Arrays SubmitArrays(int clients = 2) => new(this, clients);

    /// <summary>Clients that read jobs, those again that had ended, and note the ends.</summary>
    public Readers Read(int clients = 2) => new(this, clients);

    /// <summary>One job, which must be acknowledged.</summary>
    public async Task SubmitOneAsync(string key)
    {
        History.Intent(key);
        History.Ok(key, await SubmitAsync(key, CancellationToken.None));
    }

    /// <exception cref="RefusedException">It was refused for certain.</exception>
    public async Task<string> SubmitAsync(string key, CancellationToken cancellationToken)
    {
        var isKeyed = (key[^1] - '0') % 2 == 1;
        while (true)
        {
            try
            {
                var job = await SubmitOnceAsync(key, isKeyed, cancellationToken);
                Acknowledged.Enqueue(job);
                return job;
            }
            catch (Exception e) when (isKeyed && e is not RefusedException && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            }
        }
    }

    /// <summary>Sends a request to the process that serves then.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? body = null, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        var served = await up.Task.WaitAsync(cancellationToken);
        using var request = new HttpRequestMessage(method, new Uri(served.Address, path)) { Content = body };
        if (body is not null)
            request.Headers.Add("Prefer", "respond-async");
        if (idempotencyKey is not null)
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        return await Http.SendAsync(request, cancellationToken);
    }

    /// <summary>What a job is given.</summary>
    public object InputOf(string key)
    {
        var dies = key.StartsWith(Killer, StringComparison.Ordinal);
        // Late enough for its answer, and for company.
        return new { key, milliseconds = dies ? 500 : Milliseconds, padding = new string('x', Padding), dies };
    }

    /// <summary>Many jobs in one request, which are accepted whole or not at all.</summary>
    /// <returns>Whether they were.</returns>
    public async Task<bool> TrySubmitAsync(string request, IReadOnlyList<string> keys, CancellationToken cancellationToken = default)
    {
        foreach (var key in keys)
            History.Intent(key);
        using var body = JsonContent.Create(keys.Select(key => new { function = "effect", input = InputOf(key) }));
        using var answer = await SendAsync(HttpMethod.Post, "/v1/queues/arrays/jobs", body, request, cancellationToken);
        if (await CountAsync(answer, "array ", cancellationToken) is not (HttpStatusCode.Accepted, _))
            return false;
        var accepted = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken)).RootElement.GetProperty("jobs").EnumerateArray();
        foreach (var (key, job) in keys.Zip(accepted, (key, job) => (key, job.GetProperty("id").GetString()!)))
        {
            History.Ok(key, job);
            Acknowledged.Enqueue(job);
        }

        return true;
    }

    /// <summary>Counts an answer.</summary>
    /// <returns>Its status, and the slug of its problem.</returns>
    public async Task<(HttpStatusCode Status, string Problem)> CountAsync(HttpResponseMessage answer, string prefix, CancellationToken cancellationToken)
    {
        var problem = answer.IsSuccessStatusCode ? "" : " " + await ProblemAsync(answer, cancellationToken);
        var later = answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Headers.RetryAfter is not null ? " later" : "";
        answers.AddOrUpdate($"{prefix}{(int)answer.StatusCode}{problem}{later}", 1, (_, n) => n + 1);
        return (answer.StatusCode, problem.Trim());
    }

    private async Task<string> SubmitOnceAsync(string key, bool isKeyed, CancellationToken cancellationToken)
    {
        using var body = JsonContent.Create(InputOf(key));
        using var answer = await SendAsync(HttpMethod.Post, "/v1/functions/effect/call", body, isKeyed ? key : null, cancellationToken);
        var (status, problem) = await CountAsync(answer, "", cancellationToken);
        return status == HttpStatusCode.Accepted ? answer.Headers.Location!.ToString().Split('/')[^1]
            : problem is "store-unavailable" && !isKeyed ? throw new RefusedException(problem)
            : throw new HttpRequestException(problem);
    }

    private static async Task<string> ProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? JsonDocument.Parse(body).RootElement.GetProperty("type").GetString()!.Split(':')[^1]
            : "no problem document";
    }
}
