using System.Collections.Concurrent;

namespace Hearth.Misbehaving;

/// <summary>Gates that tests open and counters that they read, by name; through the functions <c>open</c> and <c>count</c>.</summary>
internal sealed class Switchboard
{
    private readonly ConcurrentDictionary<string, ManualResetEventSlim> gates = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> counters = new(StringComparer.Ordinal);

    public void Count(string name) => counters.AddOrUpdate(name, 1, (_, n) => n + 1);

    public int Counted(string name) => counters.GetValueOrDefault(name);

    public void Open(string gate) => Gate(gate).Set();

    public bool IsOpen(string gate) => Gate(gate).IsSet;

    /// <summary>Holds the thread, and hears no token.</summary>
    public void Block(string gate) => Gate(gate).Wait();

    private ManualResetEventSlim Gate(string name) => gates.GetOrAdd(name, _ => new ManualResetEventSlim());
}
