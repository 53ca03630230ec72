using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Observability;

/// <summary>What a silo tells of itself in numbers, read by Prometheus' own client library.</summary>
public sealed class MetricsTests(ServedSilo silo) : IClassFixture<ServedSilo>
{
    /// <summary>Prints each sample as a line of JSON: name, labels, value, type.</summary>
    private const string Parser =
        """
        import json, sys
        from prometheus_client.parser import text_string_to_metric_families
        for family in text_string_to_metric_families(sys.stdin.read()):
            for sample in family.samples:
                print(json.dumps([sample.name, sample.labels, sample.value, family.type]))
        """;

    [PrometheusFact]
    public async Task Jobs_calls_and_writes_are_counted_and_prometheus_can_read_it()
    {
        for (var n = 0; n < 3; n++)
        {
            using var called = await silo.Http.PostAsJsonAsync("/v1/functions/echo/call", n);
            Assert.True(called.IsSuccessStatusCode);
            await RunAsync("echo", n);
        }

        await RunAsync("fail", new { message = "no" });
        var samples = await ReadAsync();
        Assert.Equal(4, samples.Value("hearth_jobs_submitted_total", ("queue", "metrics")));
        Assert.Equal(3, samples.Value("hearth_jobs_ended_total", ("queue", "metrics"), ("state", "succeeded")));
        Assert.Equal(1, samples.Value("hearth_jobs_ended_total", ("queue", "metrics"), ("state", "failed")));
        Assert.Equal(3, samples.Value("hearth_job_attempts_total", ("function", "echo"), ("outcome", "succeeded")));
        Assert.Equal(6, samples.Value("hearth_function_run_duration_seconds_count", ("function", "echo"), ("outcome", "succeeded")));
        Assert.Equal(6, samples.Value("hearth_function_run_duration_seconds_bucket", ("function", "echo"), ("outcome", "succeeded"), ("le", "+Inf")));
        Assert.Equal(3, samples.Value("hearth_job_wait_duration_seconds_count", ("function", "echo")));
        Assert.Equal(64, samples.Value("hearth_function_slots", ("function", "echo"), ("state", "limit")));
        Assert.Equal(0, samples.Value("hearth_queue_jobs", ("queue", "metrics"), ("state", "ready")));
        Assert.Equal(1, samples.Value("hearth_cluster_silos"));
        Assert.InRange(samples.Value("hearth_store_write_duration_seconds_count"), 2, double.MaxValue);
        Assert.Contains(samples.All, sample => sample.Name.StartsWith("dotnet_gc_", StringComparison.Ordinal));
    }

    [PrometheusFact]
    public async Task Jobs_that_wait_show_how_many_and_for_how_long()
    {
        using var slow = await SubmitAsync("later", "echo", 1, new { delay = "1h" });
        using var paused = await SubmitAsync("waits", "sleep", new { seconds = 20 });
        var samples = await ReadAsync();
        Assert.Equal(1, samples.Value("hearth_queue_jobs", ("queue", "later"), ("state", "scheduled")));
        Assert.Equal(1, samples.Value("hearth_queue_jobs", ("queue", "waits"), ("state", "busy")) + samples.Value("hearth_queue_jobs", ("queue", "waits"), ("state", "ready")));
        Assert.Equal(0, samples.Value("hearth_queue_oldest_age_seconds", ("queue", "later")));
    }

    [PrometheusFact]
    public async Task A_circuit_breaker_shows_its_state()
    {
        using var put = await silo.Http.PutAsJsonAsync("/v1/queues/broken", new { breaker = new { failures = 1, pause = "1h" } });
        Assert.True(put.IsSuccessStatusCode);
        using var job = await SubmitAsync("broken", "fail", new { message = "no" }, new { retry = new { attempts = 1 } });
        await JobWorld.EventuallyAsync(
            async () => (await silo.Http.GetFromJsonAsync<JsonElement>("/v1/queues/broken")).GetProperty("breaker").GetProperty("state").GetString() == "open", "it is open");
        var samples = await ReadAsync();
        Assert.Equal(1, samples.Value("hearth_queue_breakers", ("queue", "broken"), ("state", "open")));
        Assert.Equal(0, samples.Value("hearth_queue_breakers", ("queue", "broken"), ("state", "closed")));
        Assert.Equal(1, samples.Value("hearth_queue_breaker_openings_total", ("queue", "broken")));
    }

    private async Task RunAsync(string function, object input)
    {
        using var submitted = await SubmitAsync("metrics", function, input, new { retry = new { attempts = 1 } });
        await JobWorld.EventuallyAsync(
            async () => (await silo.Http.GetFromJsonAsync<JsonElement>(submitted.Headers.Location)).GetProperty("state").GetString() is "succeeded" or "failed",
            "it ends");
    }

    private async Task<HttpResponseMessage> SubmitAsync(string queue, string function, object input, object? options = null)
    {
        var job = new Dictionary<string, object>(StringComparer.Ordinal) { ["function"] = function, ["input"] = input };
        foreach (var property in options?.GetType().GetProperties() ?? [])
            job[property.Name] = property.GetValue(options)!;
        var answer = await silo.Http.PostAsJsonAsync($"/v1/queues/{queue}/jobs", job);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return answer;
    }

    private async Task<Samples> ReadAsync()
    {
        using var answer = await silo.Http.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        using var python = Process.Start(new ProcessStartInfo(PrometheusFactAttribute.Python, ["-c", Parser])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        await python.StandardInput.WriteAsync(await answer.Content.ReadAsStringAsync());
        python.StandardInput.Close();
        var lines = await python.StandardOutput.ReadToEndAsync();
        Assert.Equal("", await python.StandardError.ReadToEndAsync());
        return new Samples([.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Sample)]);
    }

    private static (string Name, Dictionary<string, string> Labels, double Value) Sample(string line)
    {
        var sample = JsonDocument.Parse(line.Replace("NaN", "null", StringComparison.Ordinal)).RootElement;
        return (
            sample[0].GetString()!, sample[1].Deserialize<Dictionary<string, string>>()!,
            sample[2].ValueKind == JsonValueKind.Number ? sample[2].GetDouble() : double.NaN);
    }

    private sealed record Samples(IReadOnlyList<(string Name, Dictionary<string, string> Labels, double Value)> All)
    {
        public double Value(string name, params (string Label, string Value)[] labels)
        {
            var found = All.Where(s => s.Name == name && labels.All(l => s.Labels.GetValueOrDefault(l.Label) == l.Value)).ToList();
            return found is [var sample] ? sample.Value : throw new Xunit.Sdk.XunitException(
                $"{found.Count} samples of {name} {string.Join(", ", labels)} among: {string.Join("; ", All.Where(s => s.Name == name).Select(s => $"{string.Join(",", s.Labels)} {s.Value}"))}");
        }
    }
}

/// <summary>Needs Python with Prometheus' client library, which <c>./test</c> installs where it can.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PrometheusFactAttribute : FactAttribute
{
    /// <summary>Debian's own, which has Debian's packages.</summary>
    public const string Python = "/usr/bin/python3";

    private static readonly Lazy<bool> IsThere = new(() =>
    {
        try
        {
            using var python = Process.Start(new ProcessStartInfo(PrometheusFactAttribute.Python, ["-c", "import prometheus_client.parser"]) { UseShellExecute = false, RedirectStandardError = true })!;
            python.WaitForExit();
            return python.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    });

    public PrometheusFactAttribute() => Skip = IsThere.Value ? null : "Needs Debian's python3-prometheus-client, which reads what /metrics serves.";
}
