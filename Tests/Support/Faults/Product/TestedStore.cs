using System.Security.Cryptography;
using System.Text.Json;

namespace Hearth.Tests.Support.Faults;

/// <summary>A store as a silo is told to use it, and a way into its tables past the silo.</summary>
internal abstract class TestedStore : IAsyncDisposable
{
    /// <summary>As the test's output names it.</summary>
    public abstract string Name { get; }

    /// <summary>The folder given as <c>--data</c>.</summary>
    public abstract string Data { get; }

    /// <summary>The silo's arguments beside it.</summary>
    public virtual IReadOnlyList<string> Arguments => [];

    /// <summary>kill -9 of the store's own processes, if it has any.</summary>
    public virtual Task KillAsync() => Task.CompletedTask;

    /// <summary>Starts them again, if they do not run.</summary>
    public virtual Task StartAsync() => Task.CompletedTask;

    /// <summary>Rows of jobs and of ends; nulls never, so that nobody takes a store that is gone for one that is done.</summary>
    public abstract Task<(long Jobs, long Ends)> CountAsync();

    /// <summary>Everything that the tables hold.</summary>
    public abstract Task<StoreDump> DumpAsync();


    public abstract ValueTask DisposeAsync();

    /// <summary>An end in the form of <see cref="ClientHistory.End"/>: any difference shows.</summary>
    public static string EndText(string state, ReadOnlySpan<byte> result, string? error) =>
        $"{state} {Convert.ToHexStringLower(SHA256.HashData(result).AsSpan(0, 8))} {error}";

    protected static string StateName(int stored) => stored switch
    {
        5 => "succeeded",
        6 => "failed",
        7 => "cancelled",
        _ => throw new InvalidDataException($"No end has state {stored}."),
    };

    /// <summary>The client's key of a submission is part of its input.</summary>
    protected static string KeyIn(byte[] input) => JsonDocument.Parse(input).RootElement.GetProperty("key").GetString()!;
}
