namespace Hearth.Tests.Executables;

/// <summary>Input without an end.</summary>
internal sealed class EndlessStream : MemoryStream
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(buffer.Length);
    }
}

/// <summary>Input from a caller that breaks off.</summary>
internal sealed class FailingStream : MemoryStream
{
    private bool read;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (read)
            throw new InvalidDataException("The caller is gone.");
        read = true;
        return ValueTask.FromResult(10);
    }
}

/// <summary>Output that nobody reads.</summary>
internal sealed class StuckStream : MemoryStream
{
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
}
