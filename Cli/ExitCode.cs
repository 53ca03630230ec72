namespace Hearth.Cli;

/// <summary>What the process ends with; docs/reference/cli.md lists them for scripts.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The call or job failed or was cancelled, or the silo is not ready.</summary>
    public const int Failed = 1;

    /// <summary>The command, its input or its settings are not as they have to be; nothing was asked of a silo.</summary>
    public const int Usage = 2;

    /// <summary>No silo answered.</summary>
    public const int Unreachable = 3;

    /// <summary>The silo refused.</summary>
    public const int Refused = 4;

    /// <summary>A defect of this program.</summary>
    public const int Defect = 70;

    /// <summary>Ended by Ctrl+C or SIGTERM, as shells count it.</summary>
    public const int Interrupted = 130;
}

/// <summary>The person who typed the command has to change something; the message says what.</summary>
internal sealed class UsageException(string message, Exception? innerException = null) : Exception(message, innerException);
