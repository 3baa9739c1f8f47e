using System.Collections.Frozen;

namespace Modupay.Formats;

/// <summary>ISO 13616: an account number that carries its own proof. Length by country and mod 97 are checked; the national check digits are not.</summary>
public readonly record struct Iban
{
    // SWIFT IBAN registry release 102, plus the French overseas codes and the dependencies that banks use although they are not listed.
    private const string Registry =
        "AD24 AE23 AL28 AT20 AX18 AZ28 BA20 BE16 BG22 BH22 BI27 BL27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 " +
        "GE22 GF27 GG22 GI23 GL18 GP27 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IM22 IQ23 IS26 IT27 JE22 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 " +
        "ME22 MF27 MK19 MN20 MQ27 MR27 MT31 MU30 NC27 NI28 NL18 NO15 OM23 PF27 PK24 PL28 PM27 PS29 PT25 QA29 RE27 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 " +
        "SM27 SO23 ST25 SV28 TF27 TL23 TN24 TR26 UA29 VA22 VG24 WF27 XK20 YE30 YT27";

    private static readonly FrozenDictionary<string, int> Lengths = Registry.Split(' ')
        .ToFrozenDictionary(entry => entry[..2], entry => int.Parse(entry.AsSpan(2)), StringComparer.Ordinal);

    private Iban(string value) => Value = value;

    /// <summary>Electronic form: upper case, no blanks.</summary>
    public string Value { get; }

    public string Country => Value[..2];

    public static bool IsValid(string? text) => TryParse(text, out _);

    public static bool TryParse(string? text, out Iban iban)
    {
        iban = default;
        if (text is null || text.Length > 64) return false;

        Span<char> compact = stackalloc char[text.Length];
        var length = 0;
        foreach (var character in text)
        {
            if (character is ' ' or '\u00a0') continue;
            if (!char.IsAsciiLetterOrDigit(character)) return false;
            compact[length++] = char.ToUpperInvariant(character);
        }

        compact = compact[..length];
        if (length < 5 || !char.IsAsciiLetterUpper(compact[0]) || !char.IsAsciiLetterUpper(compact[1])) return false;
        var value = compact.ToString();
        if (!Lengths.TryGetValue(value[..2], out var wanted) || wanted != length) return false;
        if (!char.IsAsciiDigit(compact[2]) || !char.IsAsciiDigit(compact[3]) || Mod97.Of(compact[4..], compact[..4]) != 1) return false;

        iban = new Iban(value);
        return true;
    }

    /// <summary>The first account number that text announces by the word, with or without blanks and punctuation behind it: "IBAN: DE89 3704 …".</summary>
    public static bool TryFind(string? text, out Iban iban)
    {
        iban = default;
        for (var at = text?.IndexOf("IBAN", StringComparison.Ordinal) ?? -1; at >= 0; at = text!.IndexOf("IBAN", at + 4, StringComparison.Ordinal))
        {
            var rest = text.AsSpan(at + 4).TrimStart(" :+.-");
            if (rest.Length < 4 || !Lengths.TryGetValue(rest[..2].ToString(), out var wanted)) continue;
            var compact = new System.Text.StringBuilder(wanted);
            foreach (var character in rest)
            {
                if (compact.Length == wanted || (character != ' ' && !char.IsAsciiLetterOrDigit(character))) break;
                if (character != ' ') compact.Append(character);
            }

            if (TryParse(compact.ToString(), out iban)) return true;
        }

        return false;
    }

    /// <summary>Check digits are 98 minus the remainder with zeros in their place; the caller guarantees a bank account number of the right length.</summary>
    public static Iban FromAccount(string country, string account)
    {
        var check = 98 - Mod97.Of(account, country + "00");
        return TryParse($"{country}{check:00}{account}", out var iban) ? iban : throw new ArgumentException($"{account} is not an account number of {country}.", nameof(account));
    }

    /// <summary>Groups of four, as printed.</summary>
    public string Print() => string.Join(' ', Value.Chunk(4).Select(group => new string(group)));

    public override string ToString() => Value;
}

/// <summary>ISO 7064 mod 97-10 over letters and digits, letters counting 10 to 35.</summary>
internal static class Mod97
{
    public static int Of(ReadOnlySpan<char> first, ReadOnlySpan<char> second) => Continue(Continue(0, first), second);

    private static int Continue(int remainder, ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            remainder = char.IsAsciiDigit(character)
                ? ((remainder * 10) + (character - '0')) % 97
                : ((remainder * 100) + (character - 'A' + 10)) % 97;
        }

        return remainder;
    }
}
