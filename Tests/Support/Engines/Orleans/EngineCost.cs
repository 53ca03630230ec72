namespace Hearth.Tests.Support;

/// <summary>What the engine may cost.</summary>
internal static class EngineCost
{
    /// <summary>Bytes allocated for a job, from its submission to its end; Orleans copies what calls carry and counts them.</summary>
    public const double JobBytesMax = 2_500;
}
