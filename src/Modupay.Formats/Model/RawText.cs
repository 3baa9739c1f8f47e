using System.Text;

namespace Modupay.Formats;

/// <summary>Bytes of the file with the encoding to read them by. A string is made only for who asks.</summary>
public readonly struct RawText(ReadOnlyMemory<byte> bytes, Encoding encoding) : IEquatable<RawText>
{
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    public bool IsEmpty => Bytes.IsEmpty;

    public override string ToString() => Bytes.IsEmpty ? "" : encoding.GetString(Bytes.Span);

    public bool Equals(RawText other) => Bytes.Span.SequenceEqual(other.Bytes.Span);

    public override bool Equals(object? obj) => obj is RawText other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Bytes.Span);
        return hash.ToHashCode();
    }

    public static bool operator ==(RawText left, RawText right) => left.Equals(right);

    public static bool operator !=(RawText left, RawText right) => !left.Equals(right);
}
