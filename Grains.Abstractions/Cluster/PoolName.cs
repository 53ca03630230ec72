using Hearth.Jobs;

namespace Hearth.Cluster;

/// <summary>The grammar of pools' names, which is that of queues: they are part of grain keys.</summary>
public static class PoolName
{
    /// <summary>The pool of what names none.</summary>
    public const string Default = "default";

    /// <summary>What to tell somebody whose name was refused.</summary>
    public const string Rule = "a pool's name is 1 to 64 lower-case letters, digits, dots, dashes or underscores, and starts with a letter or digit";

    public static bool IsValid(string? name) => QueueName.IsValid(name);
}
