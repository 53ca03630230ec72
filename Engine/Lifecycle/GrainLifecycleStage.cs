namespace Orleans.Runtime;

/// <summary>Stages of an activation. <see cref="Grain.OnActivateAsync"/> runs after the last.</summary>
public static class GrainLifecycleStage
{
    /// <summary>Before all others.</summary>
    public const int First = int.MinValue;

    /// <summary>Stored state is read.</summary>
    public const int SetupState = 1000;

    /// <summary>Stored state is there.</summary>
    public const int Activate = 2000;
    /// <summary>After all others.</summary>
    public const int Last = int.MaxValue;
}
