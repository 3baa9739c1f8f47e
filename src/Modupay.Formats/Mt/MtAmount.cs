namespace Modupay.Formats.Mt;

/// <summary>How an amount departs from <c>1234,56</c>, in the wild forms that can still be read in one way only.</summary>
[Flags]
internal enum AmountOddity { None = 0, NoMark = 1, DotMark = 2, Grouped = 4 }

internal enum AmountVerdict { Read, NotAnAmount, Ambiguous, TooManyDecimals, TooLarge }

/// <summary>
/// Amounts of the MT standard: digits with a comma that is mandatory there and often missing or replaced in the wild
/// (<c>,50</c> · <c>1234</c> · <c>1234.56</c> zero-padded to twelve · <c>1.234,56</c> · <c>1,234.56</c>).
/// </summary>
internal static class MtAmount
{
    // Fifteen digits is the standard's length; eighteen is what fits a 64-bit integer whatever the digits are.
    private const int MaxDigits = 18;

    /// <summary>
    /// How much further an amount goes that is grouped by blanks or apostrophes (<c>1 234,56</c>): only whole groups of three digits, after one to
    /// three digits, belong to it.
    /// </summary>
    public static int Groups(ReadOnlySpan<byte> digits, ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 4 || digits.Length is 0 or > 3) return 0;
        var length = 0;
        while (rest.Length >= length + 4 && rest[length] == rest[0] && MtDate.TryDigits(rest[(length + 1)..], 3, out _)) length += 4;
        while (length > 0 && length < rest.Length && rest[length] is (>= (byte)'0' and <= (byte)'9') or (byte)',' or (byte)'.') length++;
        return length;
    }

    /// <summary>Reads the whole span. More decimals than the currency has are refused unless they are zeros.</summary>
    public static AmountVerdict TryParse(ReadOnlySpan<byte> text, int decimals, out long minor, out AmountOddity oddity)
    {
        minor = 0;
        oddity = AmountOddity.None;
        var comma = text.LastIndexOf((byte)',');
        var dot = text.LastIndexOf((byte)'.');
        var mark = comma;
        if (comma < 0 && dot < 0)
        {
            oddity = AmountOddity.NoMark;
            mark = text.Length;
        }
        else if (dot >= 0 && comma >= 0)
        {
            mark = Math.Max(comma, dot);
            oddity = AmountOddity.Grouped | (mark == dot ? AmountOddity.DotMark : AmountOddity.None);
        }
        else if (dot >= 0)
        {
            var several = text.IndexOf((byte)'.') != dot;
            // 1.234.567 can only be grouped; 1.234 may be either, and in a currency of two decimals nobody can tell.
            if (!several && text.Length - dot - 1 > Math.Max(decimals, 2)) return AmountVerdict.Ambiguous;
            oddity = several ? AmountOddity.Grouped : AmountOddity.DotMark;
            mark = several ? text.Length : dot;
        }
        else if (text.IndexOf((byte)',') != comma)
        {
            return AmountVerdict.Ambiguous;
        }

        return Sum(text[..mark], mark < text.Length ? text[(mark + 1)..] : [], decimals, oddity.HasFlag(AmountOddity.Grouped), out minor);
    }

    /// <summary>An amount with the groups that <see cref="Groups"/> found.</summary>
    public static AmountVerdict TryParseSpaced(ReadOnlySpan<byte> text, int decimals, out long minor, out AmountOddity oddity)
    {
        Span<byte> joined = stackalloc byte[MaxDigits * 2];
        var length = 0;
        foreach (var character in text)
        {
            if (character is (byte)' ' or (byte)'\'') continue;
            if (length < joined.Length) joined[length++] = character;
        }

        var verdict = TryParse(joined[..length], decimals, out minor, out oddity);
        oddity |= AmountOddity.Grouped;
        return verdict;
    }

    private static AmountVerdict Sum(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> fraction, int decimals, bool grouped, out long minor)
    {
        minor = 0;
        var digits = 0;
        var seen = 0;
        foreach (var character in whole)
        {
            if (grouped && character is (byte)'.' or (byte)',') continue;
            if (character is < (byte)'0' or > (byte)'9') return AmountVerdict.NotAnAmount;
            seen++;
            if (digits > 0 || character != '0') digits++;
            if (digits + decimals > MaxDigits) return AmountVerdict.TooLarge;
            minor = (minor * 10) + (character - '0');
        }

        for (var at = 0; at < Math.Max(decimals, fraction.Length); at++)
        {
            var character = at < fraction.Length ? fraction[at] : (byte)'0';
            if (character is < (byte)'0' or > (byte)'9') return AmountVerdict.NotAnAmount;
            if (at < fraction.Length) seen++;
            if (at < decimals) minor = (minor * 10) + (character - '0');
            else if (character != '0') return AmountVerdict.TooManyDecimals;
        }

        return seen > 0 ? AmountVerdict.Read : AmountVerdict.NotAnAmount;
    }

    public static string Explain(AmountVerdict verdict) => verdict switch
    {
        AmountVerdict.Ambiguous => "The amount can be read in two ways.",
        AmountVerdict.TooManyDecimals => "The amount has more decimals than its currency.",
        AmountVerdict.TooLarge => "The amount has more digits than any account.",
        _ => "No amount was found where one belongs.",
    };

    public static string Code(AmountVerdict verdict) => verdict switch
    {
        AmountVerdict.Ambiguous => "amount_ambiguous",
        AmountVerdict.TooManyDecimals => "amount_decimals",
        AmountVerdict.TooLarge => "amount_too_large",
        _ => "amount_unreadable",
    };
}
