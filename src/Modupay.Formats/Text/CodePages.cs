using System.Text;

namespace Modupay.Formats.Text;

/// <summary>The code pages banks use, by IANA name. .NET ships them but leaves them unregistered; asking the provider needs no registration.</summary>
internal static class CodePages
{
    private static readonly Encoding WindowsLatin1 = CodePagesEncodingProvider.Instance.GetEncoding(1252) ?? Encoding.Latin1;

    public static Encoding Windows1252 => WindowsLatin1;

    /// <summary>Null when the name means nothing here.</summary>
    public static Encoding? Get(string name) => name.ToLowerInvariant() switch
    {
        "utf-8" or "utf8" => Encoding.UTF8,
        "us-ascii" or "ascii" => Encoding.ASCII,
        "iso-8859-1" or "latin1" or "latin-1" => Encoding.Latin1,
        "utf-16" or "utf-16le" => Encoding.Unicode,
        "utf-16be" => Encoding.BigEndianUnicode,
        "windows-1252" or "cp1252" => WindowsLatin1,
        "cp850" => CodePagesEncodingProvider.Instance.GetEncoding(850),
        "cp852" => CodePagesEncodingProvider.Instance.GetEncoding(852),
        "cp1250" => CodePagesEncodingProvider.Instance.GetEncoding(1250),
        "cp1251" => CodePagesEncodingProvider.Instance.GetEncoding(1251),
        var other => CodePagesEncodingProvider.Instance.GetEncoding(other),
    };
}
