namespace Modupay.Kernel;

/// <summary>A typed, time-ordered identifier: <c>po_</c> and a UUIDv7 written as 26 base32 characters.</summary>
internal interface IId<TSelf> where TSelf : struct, IId<TSelf>
{
    static abstract string Prefix { get; }
    static abstract TSelf From(Guid value);
    Guid Value { get; }
}

internal static class Id
{
    /// <summary>Crockford's alphabet: no i, l, o or u, so that an id survives being read aloud.</summary>
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int TextLength = 26;

    public static T New<T>(TimeProvider time) where T : struct, IId<T> => T.From(Guid.CreateVersion7(time.GetUtcNow()));

    /// <summary>
    /// The id of the n-th of many that are made together: they sort in that order, which a random tail would not give within one millisecond.
    /// </summary>
    public static T InOrder<T>(DateTimeOffset at, uint ordinal) where T : struct, IId<T> => InOrder<T>(Guid.CreateVersion7(at), ordinal);

    /// <summary>The same with the time and the random tail of another: to ask the system for randomness a thousand times costs more than all the rest.</summary>
    public static T InOrder<T>(Guid seed, uint ordinal) where T : struct, IId<T>
    {
        Span<byte> bytes = stackalloc byte[16];
        seed.TryWriteBytes(bytes, bigEndian: true, out _);
        // RFC 9562 §6.2, method 1: a counter in the most significant random bits. Version and variant keep their places.
        bytes[6] = (byte)(0x70 | (ordinal >> 28));
        bytes[7] = unchecked((byte)(ordinal >> 20));
        bytes[8] = (byte)(0x80 | ((ordinal >> 14) & 0x3f));
        bytes[9] = unchecked((byte)(ordinal >> 6));
        bytes[10] = unchecked((byte)((ordinal << 2) | (bytes[10] & 0x03u)));
        return T.From(new Guid(bytes, bigEndian: true));
    }

    public static string Text<T>(T id) where T : struct, IId<T> => $"{T.Prefix}_{Base32(id.Value)}";

    public static bool TryParse<T>(string? text, out T id) where T : struct, IId<T>
    {
        id = default;
        if (text is null || text.Length != T.Prefix.Length + 1 + TextLength || !text.StartsWith(T.Prefix, StringComparison.Ordinal) || text[T.Prefix.Length] != '_') return false;
        if (!TryReadBase32(text.AsSpan(T.Prefix.Length + 1), out var value)) return false;
        id = T.From(value);
        return true;
    }

    /// <summary>130 bits hold 128: the first character carries only three, so it is never above 7.</summary>
    internal static string Base32(Guid value) => string.Create(TextLength, value, static (text, guid) =>
    {
        Span<byte> bytes = stackalloc byte[16];
        guid.TryWriteBytes(bytes, bigEndian: true, out _);
        var number = new UInt128(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes), System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
        for (var i = text.Length - 1; i >= 0; i--, number >>= 5) text[i] = Alphabet[(int)(uint)(number & 31)];
    });

    private static bool TryReadBase32(ReadOnlySpan<char> text, out Guid value)
    {
        value = default;
        if (text[0] > '7') return false;
        UInt128 number = 0;
        foreach (var character in text)
        {
            var digit = Alphabet.IndexOf(character, StringComparison.Ordinal);
            if (digit < 0) return false;
            number = (number << 5) | (uint)digit;
        }
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, (ulong)(number >> 64));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], unchecked((ulong)number));
        value = new Guid(bytes, bigEndian: true);
        return true;
    }
}
