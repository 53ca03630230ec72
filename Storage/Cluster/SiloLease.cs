namespace Hearth.Storage;

/// <summary>
/// The times and rules of membership, docs/decisions/0009-cluster.md. The SQL of the PostgreSQL table says the same; one suite tests both.
/// </summary>
/// <remarks>
/// Distances are taken without their sign: after a failover to a database whose clock is behind, renewals of the past lie in the future.
/// </remarks>
public static class SiloLease
{
    /// <summary>How long a renewal holds.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(5);

    /// <summary>How often it is renewed.</summary>
    public static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(1);

    /// <summary>Age of the last renewal from which refused connections count.</summary>
    public static readonly TimeSpan EarlyDeathAfter = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// Time between two renewals from which there is a gap. Small beside the lease: who missed no more than this cannot have seen an outage in
    /// which the others lost their leases.
    /// </summary>
    public static readonly TimeSpan GapMax = TimeSpan.FromSeconds(2);

    /// <summary>The table has to answer within this time.</summary>
    public static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(2);

    /// <summary>How long rows of silos that ended are kept.</summary>
    public static readonly TimeSpan EndedKept = TimeSpan.FromDays(1);

    /// <summary>Its lease has run out, or two others (or the only other) were refused a connection and it has not renewed for a while.</summary>
    public static bool IsDead(SiloRow silo, SiloTableRead read)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(read);
        var age = (read.Now - silo.RenewedAt).Duration();
        if (age > Length)
            return true;
        var others = read.Silos.Where(other => other.Id != silo.Id).Select(other => other.Id).ToList();
        return age > EarlyDeathAfter && others.Count > 0 && silo.RefusedBy.Intersect(others).Count() >= Math.Min(2, others.Count);
    }

    /// <summary>Who may declare others dead: who has renewed without a gap for a whole lease. So an outage of the table kills nobody.</summary>
    public static bool MayDeclare(SiloRow silo, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return now - silo.SteadySince >= Length && (now - silo.RenewedAt).Duration() <= GapMax;
    }
}
