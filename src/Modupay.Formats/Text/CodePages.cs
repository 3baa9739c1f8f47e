using System.Text;

namespace Modupay.Formats.Text;

/// <summary>The code pages banks use, by IANA name. .NET ships them but leaves them unregistered; asking the provider needs no registration.</summary>
internal static class CodePages
{
    private static readonly Encoding WindowsLatin1 = CodePagesEncodingProvider.Instance.GetEncoding(1252) ?? Encoding.Latin1;

    public static Encoding Windows1252 => WindowsLatin1;

    /// <summary>
    /// What banks of the account's country write when they do not write UTF-8: the country stands at the head of the IBAN in <c>:25:</c>. Null where
    /// Western Europe's page is the likeliest.
    /// </summary>
    public static string? OfAccount(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf(":25:"u8);
        if (at < 0 || head.Length < at + 10) return null;
        var country = head[(at + 4)..].TrimStart(" /"u8);
        if (country.Length < 4 || country[2] is < (byte)'0' or > (byte)'9' || country[3] is < (byte)'0' or > (byte)'9') return null;
        return ((char)country[0], (char)country[1]) switch
        {
            ('P', 'L') or ('C', 'Z') or ('S', 'K') or ('H', 'U') or ('H', 'R') or ('S', 'I') or ('R', 'O') or ('B', 'A') or ('A', 'L') => "windows-1250",
            ('B', 'G') or ('M', 'K') or ('U', 'A') or ('B', 'Y') or ('K', 'Z') => "windows-1251",
            ('G', 'R') or ('C', 'Y') => "windows-1253",
            ('T', 'R') or ('A', 'Z') => "windows-1254",
            ('I', 'L') => "windows-1255",
            ('L', 'T') or ('L', 'V') or ('E', 'E') => "windows-1257",
            _ => null,
        };
    }

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
