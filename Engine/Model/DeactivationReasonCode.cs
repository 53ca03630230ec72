namespace Orleans;

/// <summary>The kinds of reason for which an activation ends. The numbers are Orleans'.</summary>
[GenerateSerializer]
public enum DeactivationReasonCode : byte
{
    None = 0,
    /// <summary>The silo stops.</summary>
    ShuttingDown = 1,
    /// <summary>Construction, state loading or <see cref="Grain.OnActivateAsync"/> failed.</summary>
    ActivationFailed = 2,
    DirectoryFailure = 3,
    /// <summary>Nobody called for the collection age.</summary>
    ActivationIdle = 4,
    ActivationUnresponsive = 5,
    DuplicateActivation = 6,
    IncompatibleRequest = 7,
    /// <summary>The grain's state was changed behind its back, see <see cref="Storage.InconsistentStateException"/>.</summary>
    ApplicationError = 8,
    /// <summary><c>DeactivateOnIdle</c> was called.</summary>
    ApplicationRequested = 9,
    Migrating = 10,
    RuntimeRequested = 11,
    HighMemoryPressure = 12,
}
