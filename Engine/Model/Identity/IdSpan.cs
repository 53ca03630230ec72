using System.Text;

namespace Orleans.Runtime;

/// <summary>One part of a grain's id: UTF-8 text, compared byte by byte.</summary>
[GenerateSerializer, Immutable]
public readonly struct IdSpan : IEquatable<IdSpan>, IComparable<IdSpan>
{
    [Id(0)]
    private readonly byte[]? _value;

    /// <summary>Takes the bytes over, which must not be changed any more.</summary>
    public IdSpan(byte[] value) => _value = value;

    /// <summary>Whether it is empty.</summary>
    public bool IsDefault => _value is null or [];
    /// <summary>The text in UTF-8.</summary>
    public ReadOnlyMemory<byte> Value => _value;

    /// <summary>Encodes a text.</summary>
    /// <exception cref="ArgumentException">It is empty.</exception>
    public static IdSpan Create(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return new(Encoding.UTF8.GetBytes(id));
    }

    /// <inheritdoc cref="Value"/>
    public ReadOnlySpan<byte> AsSpan() => _value;
    public bool Equals(IdSpan obj) => AsSpan().SequenceEqual(obj.AsSpan());
    public override bool Equals(object? obj) => obj is IdSpan other && Equals(other);
    public int CompareTo(IdSpan other) => AsSpan().SequenceCompareTo(other.AsSpan());
    public override string ToString() => _value is null ? "" : Encoding.UTF8.GetString(_value);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(AsSpan());
        return hash.ToHashCode();
    }

    public static bool operator ==(IdSpan left, IdSpan right) => left.Equals(right);
    public static bool operator !=(IdSpan left, IdSpan right) => !left.Equals(right);
}
