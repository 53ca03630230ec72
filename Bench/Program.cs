using System.Runtime.InteropServices;
using Hearth.Bench;
using Hearth.Bench.Cluster;
using Hearth.Bench.Engine;
using Hearth.Bench.Http;
using Hearth.Bench.Jobs;
using Hearth.Bench.Peers;
using Hearth.Bench.Schedules;

// The silos of a run take the signals for themselves; without this it would go on, or leave its servers behind.
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Servers.StopAll);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Servers.StopAll);
AppDomain.CurrentDomain.UnhandledException += (_, _) => Servers.StopAll();

switch (args)
{
    case ["http", ..]:
        await CallBench.RunAsync(args[1..]);
        return 0;
    case ["serve-bare"]:
        await CallBench.ServeBareAsync();
        return 0;
    case ["serve-hearth"]:
        await CallBench.ServeHearthAsync();
        return 0;
    case ["grain-calls"]:
        await GrainCallBench.RunAsync();
        return 0;
    case ["grain-calls-far" or "grain-dispatch"]:
        return await EngineParts.RunAsync(args[0]) ? 0 : 2;
    case ["serve-jobs", ..]:
        await HttpSubmits.ServeHearthAsync(args[1..]);
        return 0;
    case ["serve-jobs-floor", ..]:
        await HttpSubmits.ServeFloorAsync(args[1..]);
        return 0;
    case ["scale-silo", var work, var jobs, ..]:
        await SiloProcess.ServeAsync(work, int.Parse(jobs, System.Globalization.CultureInfo.InvariantCulture), args[3..]);
        return 0;
    case ["serve-cluster", ..]:
        await ClusterBench.ServeAsync(args[1..]);
        return 0;
    case ["cluster", ..]:
        return await ClusterBench.RunAsync(args[1..]);
    case ["jobs-scale", ..]:
        return await ScaleBench.RunAsync(args[1..]);
    case ["peers", ..]:
        return await PeerBench.RunAsync(args[1..]);
    case ["schedules", ..]:
        return await ScheduleBench.RunAsync(args[1..]);
    case ["jobs", ..]:
        return await JobBench.RunAsync(args[1..]);
    default:
        Console.WriteLine($"""
            dotnet run --project Bench -c Release -- COMMAND
              http [--quick]   synchronous calls over HTTP beside a bare minimal API, in one run (needs wrk)
              grain-calls      local grain calls: 64 callers over 1,000 grains
              grain-calls-far  grain calls from one silo to another over TLS on loopback
              grain-dispatch   ways to dispatch a grain call, and what each costs at start
              {JobBenchOptions.Help}
              {PeerOptions.Help}
              {ScaleBench.Help}
              {ClusterBench.Help}
              {ScheduleBench.Help}
            """);
        return args is [] or ["--help"] ? 0 : 2;
}
