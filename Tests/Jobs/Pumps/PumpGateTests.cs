using Hearth.Jobs;

namespace Hearth.Tests.Jobs.Pumps;

public sealed class PumpGateTests
{
    private readonly PumpGate gate = new();

    [Fact]
    public void A_closed_gate_lets_nobody_in_but_who_is_admitted()
    {
        Assert.True(gate.TryEnter(2));
        gate.Close();
        Assert.False(gate.TryEnter(1));
        gate.Admit();
        var empty = gate.EmptyAsync();
        gate.Leave(2);
        Assert.False(empty.IsCompleted);
        gate.Leave(1);
        Assert.True(empty.IsCompleted);
    }

    [Fact]
    public void Who_waits_goes_on_when_it_opens()
    {
        gate.Close();
        gate.Close();
        var open = gate.OpenAsync();
        Assert.False(open.IsCompleted);
        gate.Open();
        Assert.True(open.IsCompleted && gate.OpenAsync().IsCompleted && gate.TryEnter(1));
    }

    [Fact]
    public void A_gate_that_is_shut_never_opens_again()
    {
        gate.Close();
        gate.Shut();
        gate.Open();
        Assert.False(gate.TryEnter(1));
        Assert.False(gate.OpenAsync().IsCompleted);
    }
}
