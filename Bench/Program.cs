using Hearth.Bench.Engine;
using Hearth.Bench.Http;

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
    case ["grain-dispatch"]:
        await GrainDispatchBench.RunAsync();
        return 0;
    default:
        Console.WriteLine("""
            dotnet run --project Bench -c Release -- COMMAND
              http [--quick]   synchronous calls over HTTP beside a bare minimal API, in one run (needs wrk)
              grain-calls      local grain calls: 64 callers over 1,000 grains
              grain-dispatch   ways to dispatch a grain call, and what each costs at start
            """);
        return args is [] or ["--help"] ? 0 : 2;
}
