using Hearth.Engines;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hearth.Tests.Engine.Embedded.Membership;

/// <summary>Several agents on one table and one clock. Nothing runs by itself: <c>Pass</c> moves the clock and lets who is due beat.</summary>
internal sealed class SimulatedSilos : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly Random random;

    public SimulatedSilos(int seed = 1)
    {
        random = new Random(seed);
        Table = new InMemorySiloTable(Clock);
    }

    public ManualTimeProvider Clock { get; } = new();

    public InMemorySiloTable Table { get; }

    public List<SimulatedSilo> Silos { get; } = [];

    public SimulatedSilo Add(string name, string[]? pools = null, int roles = 3, int port = 7000)
    {
        var id = FormattableString.Invariant($"{name}.{Silos.Count:x12}");
        var registration = new SiloRegistration(id, name, pools ?? ["default"], roles, "127.0.0.1", port, new byte[] { (byte)Silos.Count }, "0.1.0");
        Assert.Null(Table.Register(registration));
        var silo = new SimulatedSilo(registration, Table, Clock);
        Silos.Add(silo);
        silo.Agent.Beat();
        return silo;
    }

    /// <summary>Adds some, and lets time pass until each may declare others dead.</summary>
    public SimulatedSilo[] AddSteady(params string[] names)
    {
        var added = Array.ConvertAll(names, name => Add(name));
        Pass(TimeSpan.FromSeconds(6));
        return added;
    }

    public void Pass(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += Step)
        {
            Clock.Advance(Step);
            foreach (var silo in Silos.OrderBy(_ => random.Next()).ToList())
                silo.BeatIfDue();
        }
    }

    public void Pass(double seconds) => Pass(TimeSpan.FromSeconds(seconds));

    public void Dispose()
    {
        foreach (var silo in Silos)
            silo.Agent.Dispose();
    }
}

/// <summary>A silo of which only the agent is there.</summary>
internal sealed class SimulatedSilo
{
    private readonly CutTable table;
    private bool isHurried;

    public SimulatedSilo(SiloRegistration registration, InMemorySiloTable shared, ManualTimeProvider clock)
    {
        Registration = registration;
        table = new CutTable(shared, clock);
        Agent = new MembershipAgent(table, registration.Id, () => new SiloBeat(1, 2, "http://" + registration.Name), DeathsTold.Add, clock, NullLogger.Instance);
        Agent.Hurried += () => isHurried = true;
        Agent.Changed += () => Changes++;
        Locator = new GrainLocator(Agent);
    }

    public SiloRegistration Registration { get; }

    public string Id => Registration.Id;

    public MembershipAgent Agent { get; }

    public GrainLocator Locator { get; }

    public List<string> DeathsTold { get; } = [];

    public int Changes { get; private set; }

    /// <summary>Suspended, or killed.</summary>
    public bool IsPaused { get; set; }

    /// <summary>The table is away for this silo alone.</summary>
    public bool IsCutOff { get => table.IsCut; set => table.IsCut = value; }

    /// <summary>How long a renewal is under way before it comes back.</summary>
    public TimeSpan RenewTakes { set => table.RenewTakes = value; }

    public IEnumerable<string> Sees => Agent.Current.Silos.Select(silo => silo.Name);

    public void BeatIfDue()
    {
        if (IsPaused || (Agent.UntilNext > TimeSpan.Zero && !isHurried))
            return;
        isHurried = false;
        Agent.Beat();
    }

    private sealed class CutTable(InMemorySiloTable shared, ManualTimeProvider clock) : ISiloTable
    {
        public bool IsCut { get; set; }

        public TimeSpan RenewTakes { get; set; }

        private InMemorySiloTable Shared => IsCut ? throw new StoreUnavailableException("The silo is cut off.") : shared;

        public SiloHolder? Register(SiloRegistration silo, string? superseded = null) => Shared.Register(silo, superseded);

        public SiloTableRead? Renew(string id, SiloBeat beat)
        {
            var read = Shared.Renew(id, beat);
            if (RenewTakes > TimeSpan.Zero)
                clock.Advance(RenewTakes);
            return read;
        }

        public SiloTableRead Read() => Shared.Read();

        public bool Drain(string id) => Shared.Drain(id);

        public void Refuse(string id, string by) => Shared.Refuse(id, by);

        public bool DeclareDead(string id, string by) => Shared.DeclareDead(id, by);

        public void Leave(string id) => Shared.Leave(id);

        public IAsyncEnumerable<long> WatchAsync(CancellationToken cancellationToken) => shared.WatchAsync(cancellationToken);

        public void Dispose()
        {
        }
    }
}
