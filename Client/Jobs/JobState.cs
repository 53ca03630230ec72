using System.Text.Json.Serialization;
using Hearth.Client.Http;

namespace Hearth.Client;

/// <summary>Where a job stands.</summary>
[JsonConverter(typeof(NamesConverter<JobState>))]
public enum JobState
{
    /// <summary>Something that this version of the client does not know.</summary>
    Unknown,

    /// <summary>Stored, not to start before its time.</summary>
    Scheduled,

    /// <summary>Stored, waiting to run.</summary>
    Ready,

    /// <summary>Running now.</summary>
    Running,

    /// <summary>An attempt failed; waiting for the next.</summary>
    Retrying,

    /// <summary>Ended with a result.</summary>
    Succeeded,

    /// <summary>Ended with an error; can be re-driven.</summary>
    Failed,

    /// <summary>Ended by an operator or caller, or because it expired before it started.</summary>
    Cancelled,
}
