namespace Hearth.Jobs;

/// <summary>What can happen to a job.</summary>
internal enum JobEvent
{
    /// <summary>Its time has come.</summary>
    Due,

    /// <summary>A pump took it.</summary>
    Leased,

    /// <summary>The attempt was handed back unharmed, or its silo is gone.</summary>
    Returned,

    /// <summary>The attempt asks for another later, and did not fail.</summary>
    Snoozed,

    /// <summary>The attempt found that the job is of no use any more.</summary>
    Discarded,

    /// <summary>The attempt succeeded.</summary>
    Succeeded,

    /// <summary>The attempt failed, and another follows.</summary>
    FailedForNow,

    /// <summary>The attempt failed, and it was the last.</summary>
    FailedForGood,

    /// <summary>It has lost too many silos.</summary>
    Crashed,

    /// <summary>Somebody cancelled it.</summary>
    Cancelled,

    /// <summary>It was not started in time.</summary>
    Expired,
}
