using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Modupay.Local.Cloud;

/// <summary>What was sent; it never changes.</summary>
internal sealed record QueueMessage(string Id, string Body, IReadOnlyDictionary<string, QueueMessageAttribute> Attributes, string? TraceHeader, DateTimeOffset SentAt)
{
    /// <summary>The ARN of the queue whose consumers could not process it.</summary>
    public string? DeadLetterSource { get; init; }

    /// <summary>What SQS counts against its limit: the body and the names, types and values of the attributes.</summary>
    public int Size => Encoding.UTF8.GetByteCount(Body) + Attributes.Sum(attribute =>
        Encoding.UTF8.GetByteCount(attribute.Key) + attribute.Value.DataType.Length + attribute.Value.Value.Length);

    public string BodyDigest => Digest(Encoding.UTF8.GetBytes(Body));

    /// <summary>SQS's own recipe: sorted by name, each part with its length in front.</summary>
    public static string AttributesDigest(IEnumerable<KeyValuePair<string, QueueMessageAttribute>> attributes)
    {
        using var parts = new MemoryStream();
        foreach (var (name, attribute) in attributes.OrderBy(attribute => attribute.Key, StringComparer.Ordinal))
        {
            WritePart(parts, Encoding.UTF8.GetBytes(name));
            WritePart(parts, Encoding.UTF8.GetBytes(attribute.DataType));
            parts.WriteByte(attribute.IsBinary ? (byte)2 : (byte)1);
            WritePart(parts, attribute.Value);
        }

        return Digest(parts.ToArray());
    }

    private static void WritePart(MemoryStream parts, byte[] bytes)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        parts.Write(length);
        parts.Write(bytes);
    }

    [SuppressMessage("Security", "CA5351", Justification = "SQS defines its digests as MD5; they find transmission errors and protect nothing.")]
    private static string Digest(byte[] bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));
}

internal sealed record QueueMessageAttribute(string DataType, byte[] Value)
{
    public bool IsBinary => DataType.StartsWith("Binary", StringComparison.Ordinal);

    public JsonObject ToJson() => IsBinary
        ? new() { [nameof(DataType)] = DataType, ["BinaryValue"] = Convert.ToBase64String(Value) }
        : new() { [nameof(DataType)] = DataType, ["StringValue"] = Encoding.UTF8.GetString(Value) };
}
