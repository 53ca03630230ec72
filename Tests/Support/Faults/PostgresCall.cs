namespace Hearth.Tests.Support.Faults;

/// <summary>A call that the server has got, until its reply is over.</summary>
internal sealed class PostgresCall(PostgresProxy.Loss? loss)
{
    /// <summary>What becomes of its reply.</summary>
    public PostgresProxy.Loss? Loss { get; set; } = loss;

    /// <summary>The server answered with an error.</summary>
    public bool Failed { get; set; }
}
