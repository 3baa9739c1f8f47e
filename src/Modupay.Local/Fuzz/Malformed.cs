using System.Text;
using System.Text.Json.Nodes;

namespace Modupay.Local.Fuzz;

/// <summary>What people, scanners and broken programs send.</summary>
internal static class Malformed
{
    public static readonly IReadOnlyList<string> Texts =
    [
        "", " ", "\0", "a\0b", "\r\nSet-Cookie: a=b", "\u202Egnp.exe", "\u200B", "e\u0301\u0301\u0301\u0301", "\uFEFF", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 💶", "ﷺ", "İıſK", "Ａ", "\uFFFF", "\u2028",
        "' or 1=1 --", "'; drop table banking.payouts; --", "\"; select pg_sleep(10); --", "%' or '%'='", "$1", "$$x$$", "{{7*7}}", "${jndi:ldap://x}", "<script>alert(1)</script>", "=cmd|' /C calc'!A0",
        "../../etc/passwd", "..\\..\\windows", "%2e%2e%2f", "file:///etc/passwd", "http://169.254.169.254/latest/meta-data/", "http://[::1]:5432/", "javascript:alert(1)",
        "null", "true", "NaN", "Infinity", "-0", "1e400", "9223372036854775808", "-9223372036854775809", "0x10", "١٢٣", "1,000.00", "2024-02-30", "0001-01-01", "9999-12-31T23:59:59.9999999Z", "-0001-01-01",
        "org_00000000000000000000000000", "po_zzzzzzzzzzzzzzzzzzzzzzzzzz", "po_7zzzzzzzzzzzzzzzzzzzzzzzzz", "key_", "_", "DE89370400440532013000", "EUR", "eur", "XXX", "XTS", "A", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
    ];

    public static string Long(Random random) => new((char)random.Next('!', '~'), random.Next(300, 70_000));

    public static JsonNode? Value(Random random) => random.Next(14) switch
    {
        0 => null,
        1 => JsonValue.Create(random.Next(2) == 0),
        2 => JsonValue.Create(random.NextInt64(long.MinValue, long.MaxValue)),
        3 => JsonValue.Create(long.MaxValue),
        4 => JsonValue.Create(-1),
        5 => JsonValue.Create(0),
        6 => JsonValue.Create(1.5),
        7 => new JsonArray(),
        8 => new JsonObject(),
        9 => new JsonArray([.. Enumerable.Range(0, random.Next(1, 300)).Select(number => (JsonNode)JsonValue.Create(number)!)]),
        10 => Deep(random.Next(2, 60)),
        11 => JsonValue.Create(Long(random)),
        _ => JsonValue.Create(Texts[random.Next(Texts.Count)]),
    };

    private static JsonNode Deep(int levels)
    {
        JsonNode node = new JsonArray();
        for (var i = 0; i < levels; i++) node = i % 2 == 0 ? new JsonObject { ["a"] = node } : new JsonArray(node);
        return node;
    }

    /// <summary>Bytes that are no JSON, or that most readers disagree about.</summary>
    public static byte[] Bytes(Random random, byte[] valid) => random.Next(12) switch
    {
        0 => [],
        1 => "null"u8.ToArray(),
        2 => "[]"u8.ToArray(),
        3 => "{"u8.ToArray(),
        4 => [.. Enumerable.Repeat((byte)'[', 100_000)],
        5 => [0xff, 0xfe, .. Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(valid))],
        6 => [0xef, 0xbb, 0xbf, .. valid],
        7 => [.. valid, .. valid],
        8 => Replaced(valid, random),
        9 => valid.Length == 0 ? valid : valid[..random.Next(valid.Length)],
        10 => [.. valid, .. Enumerable.Repeat((byte)' ', 300_000)],
        _ => Encoding.UTF8.GetBytes($$"""{"a":"\ud800","a":1e999,"__proto__":{},"{{new string('k', 5000)}}":0}"""),
    };

    private static byte[] Replaced(byte[] valid, Random random)
    {
        var bytes = valid.ToArray();
        for (var i = random.Next(1, 6); i > 0 && bytes.Length > 0; i--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return bytes;
    }
}
