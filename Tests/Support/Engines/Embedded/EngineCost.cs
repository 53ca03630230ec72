namespace Hearth.Tests.Support;

/// <summary>What the engine may cost.</summary>
internal static class EngineCost
{
    /// <summary>Bytes allocated for a job, from its submission to its end.</summary>
    public const double JobBytesMax = 1_100;
}
