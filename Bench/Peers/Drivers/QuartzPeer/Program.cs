using System.Reflection;
using System.Text.Json;
using Hearth.Bench.Jobs;
using Hearth.Bench.Peers;
using Hearth.Bench.Peers.QuartzPeer;
using Quartz;

// PHASE TASK: the same as the drivers on Node; the last line on the output is the result.
var phase = Phase.All.Single(phase => phase.Letter == args[0]);
var task = JsonSerializer.Deserialize(args[1], DriverJson.Default.DriverTask)!;
var settings = new QuartzSettings(task.Variant.Threads ?? 10, task.Variant.HasJobEach ?? false);
await using var store = new QuartzStore(await PostgresBenchStore.OpenAsync(task.Postgres));
// Not counted: compiles the code.
await MeasureAsync(Math.Max(200, task.Jobs / 10));
var measured = await MeasureAsync(task.Jobs);
var version = typeof(IScheduler).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
Console.WriteLine(JsonSerializer.Serialize(
    new DriverResult(measured.Usage.Seconds, measured.Acknowledged, measured.Started, version), DriverJson.Default.DriverResult));

Task<Measurement> MeasureAsync(int jobs) =>
    phase.MeasureAsync(store, "Quartz.NET", jobs, async tally => await QuartzSubject.StartAsync(store, settings, tally));
