using System.Text;
using Modupay.Formats.Text;

namespace Modupay.Formats.Xml;

/// <summary>The encoding an XML declaration names.</summary>
/// <param name="NeedsDecoder">Set for code pages that .NET's XML reader does not know by itself.</param>
internal sealed record XmlEncoding(string Name, Encoding? NeedsDecoder)
{
    /// <summary>The declaration says 1.1 and has to be passed over.</summary>
    public bool IsVersion11 { get; private init; }

    public static XmlEncoding Declared(ReadOnlySpan<byte> head)
    {
        var declared = Named(head);
        var end = head.IndexOf("?>"u8);
        if (end < 0 || head[..end].IndexOf("version=\"1.1\""u8) < 0) return declared;
        return declared with { IsVersion11 = true, NeedsDecoder = declared.NeedsDecoder ?? CodePages.Get(declared.Name) };
    }

    private static XmlEncoding Named(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])) return new XmlEncoding("utf-16", null);
        var end = head.IndexOf("?>"u8);
        var at = head.IndexOf("encoding"u8);
        if (end < 0 || at < 0 || at > end) return new XmlEncoding("utf-8", null);
        var rest = head[at..end];
        var quote = rest.IndexOfAny((byte)'"', (byte)'\'');
        if (quote < 0) return new XmlEncoding("utf-8", null);
        rest = rest[(quote + 1)..];
        var close = rest.IndexOfAny((byte)'"', (byte)'\'');
        var name = Encoding.ASCII.GetString(close < 0 ? rest : rest[..close]).ToLowerInvariant();
        // Not the registered name, and unknown to the XML reader.
        if (name is "utf8" or "utf_8") return new XmlEncoding("utf-8", new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        return name is "utf-8" or "utf-16" or "us-ascii" or "iso-8859-1" ? new XmlEncoding(name, null) : new XmlEncoding(name, CodePages.Get(name));
    }
}
