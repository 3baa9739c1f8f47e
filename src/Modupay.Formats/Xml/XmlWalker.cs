using System.Text;
using System.Xml;

namespace Modupay.Formats.Xml;

/// <summary>
/// A hardened forward reader: no document type, no entities beyond XML's own five, nothing fetched, bounded depth and text length.
/// Elements are met by local name, whatever prefix or version their namespace has; leaves nobody asked for count against coverage.
/// </summary>
internal sealed class XmlWalker : IDisposable
{
    private const int MaxDepth = 100;

    // The longest text of the schemas has 9 000 characters; certificates and envelopes may be longer and are skipped, not read.
    private const int MaxText = 64 * 1024;
    private const int ManyAttributes = 256;

    private readonly XmlReader reader;
    private readonly IXmlLineInfo lineInfo;
    private char[] buffer = new char[1024];
    private bool ignoring;
    private readonly string?[] shared = new string?[256];
    private readonly XmlException? unreadable;

    public XmlWalker(Stream stream, Encoding? declared)
    {
        // .NET's XML reader knows few code pages; for the others the text is decoded here and the declaration ignored.
        try
        {
            reader = declared is null ? XmlReader.Create(stream, Settings) : XmlReader.Create(new StreamReader(stream, declared), Settings);
        }
        catch (XmlException exception)
        {
            // The first bytes are looked at on creation. They are no different from the others: the first read refuses them.
            unreadable = exception;
            reader = XmlReader.Create(TextReader.Null, Settings);
        }

        lineInfo = (IXmlLineInfo)reader;
    }

    private static XmlReaderSettings Settings => new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
        MaxCharactersFromEntities = 1024,
        CheckCharacters = true,
        CloseInput = false,
    };

    public long Understood { get; private set; }

    public long Unread { get; private set; }

    public bool SawManyAttributes { get; private set; }

    public FilePosition Position => new(lineInfo.LineNumber, lineInfo.LinePosition);

    public string Name => reader.LocalName;

    public string Namespace => reader.NamespaceURI;

    // Copied once per node: the reader's own properties are virtual and are asked for several times.
    public int Depth { get; private set; }

    public XmlNodeType Node { get; private set; }

    public bool IsEmpty => reader.IsEmptyElement;

    public string? Attribute(string name) => reader.GetAttribute(name);

    public bool Read()
    {
        if (unreadable is not null) throw unreadable;
        if (!reader.Read()) return false;
        Node = reader.NodeType;
        Depth = reader.Depth;
        if (Node is XmlNodeType.Element)
        {
            if (Depth > MaxDepth) throw new XmlRefusal("xml_too_deep", $"Elements are nested deeper than {MaxDepth} levels.");
            if (reader.AttributeCount > ManyAttributes) SawManyAttributes = true;
        }
        else if (Node is XmlNodeType.Text or XmlNodeType.CDATA && !ignoring)
        {
            Unread++;
        }

        return true;
    }

    /// <summary>
    /// Moves to the next child of the element at <paramref name="depth"/>; what the caller left of the previous child is passed over.
    /// </summary>
    public bool NextChild(int depth)
    {
        while (Read())
        {
            if (Node is XmlNodeType.Element && Depth == depth + 1) return true;
            if (Node is XmlNodeType.EndElement && Depth <= depth) return false;
        }

        return false;
    }

    /// <summary>Goes into the current element. False when it is empty and there is nothing to go into.</summary>
    public bool Enter(out int depth)
    {
        depth = Depth;
        return !reader.IsEmptyElement;
    }

    /// <summary>Passes over an element that is understood and of no use here (addresses, dates of birth).</summary>
    public void Ignore()
    {
        if (!Enter(out var depth)) return;
        ignoring = true;
        while (Read() && !(Node is XmlNodeType.EndElement && Depth <= depth))
        {
            // Nothing is kept.
        }

        ignoring = false;
    }

    /// <summary>The text of a leaf, trimmed; null when there is none.</summary>
    public string? Text()
    {
        var span = Characters();
        return span.IsEmpty ? null : span.ToString();
    }

    /// <summary>The text of a leaf that repeats from entry to entry (codes, BICs): the last string with the same hash is handed out again.</summary>
    public string? SharedText()
    {
        var span = Characters();
        if (span.IsEmpty || span.Length > 40) return span.IsEmpty ? null : span.ToString();
        uint hash = (uint)span.Length;
        foreach (var character in span) hash = unchecked((hash * 31) + character);
        ref var slot = ref shared[(hash ^ (hash >> 8)) & 255];
        if (slot is not null && span.SequenceEqual(slot)) return slot;
        return slot = span.ToString();
    }

    /// <summary>The text of a leaf in a buffer that the next call overwrites.</summary>
    public ReadOnlySpan<char> Characters()
    {
        if (!Enter(out var depth)) return default;
        var length = 0;
        while (reader.Read())
        {
            Node = reader.NodeType;
            Depth = reader.Depth;
            switch (Node)
            {
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    length = Append(length);
                    break;
                case XmlNodeType.EndElement when Depth <= depth:
                    if (length > 0) Understood++;
                    return buffer.AsSpan(0, length).Trim();
                case XmlNodeType.Element when Depth > MaxDepth:
                    throw new XmlRefusal("xml_too_deep", $"Elements are nested deeper than {MaxDepth} levels.");
            }
        }

        return buffer.AsSpan(0, length).Trim();
    }

    /// <summary>The text node the reader stands on, trimmed.</summary>
    public string? TakeText()
    {
        Unread--;
        Understood++;
        // Before the span is taken: a long text moves the buffer.
        var length = Append(0);
        var text = buffer.AsSpan(0, length).Trim();
        return text.IsEmpty ? null : text.ToString();
    }

    public void Dispose() => reader.Dispose();

    private int Append(int length)
    {
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length >= MaxText) throw new XmlRefusal("text_too_long", $"A text is longer than {MaxText} characters.");
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            var read = reader.ReadValueChunk(buffer, length, buffer.Length - length);
            if (read == 0) return length;
            length += read;
        }
    }
}

/// <summary>Ends the reading of a document from any depth; caught once, at its root, and turned into a problem.</summary>
internal sealed class XmlRefusal(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
