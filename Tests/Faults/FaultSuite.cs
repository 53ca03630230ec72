namespace Hearth.Tests.Faults;

/// <summary>Tests that break disks and servers run one after the other, so that their figures and their time limits mean something.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FaultSuite
{
    public const string Name = "Faults";

    /// <summary>The trait of the tests that only <c>./test --faults</c> runs.</summary>
    public const string Trait = "Suite";

    public const string Long = "faults";

    /// <summary>The value for <c>./test --soak</c>.</summary>
    public const string Soak = "soak";
}
