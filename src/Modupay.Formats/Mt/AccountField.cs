namespace Modupay.Formats.Mt;

/// <summary>Field 25 as banks fill it: an IBAN, <c>bank code/account</c>, <c>BIC/account</c>, with or without the currency at the end; 25P has the BIC on its second line.</summary>
internal readonly record struct AccountField(string? Account, string? Iban, string? Bic, string? Currency)
{
    /// <summary>Eight digits of bank code and up to ten of account make a German IBAN.</summary>
    public string? DerivedIban
    {
        get
        {
            if (Iban is not null || Account is null || Account.Length is < 10 or > 25 || Account[8] != '/') return null;
            var number = Account.AsSpan(9);
            if (Currency is not null) number = number[..^3].TrimEnd(" /-+");
            if (number.Length is 0 or > 10 || number.ContainsAnyExceptInRange('0', '9') || Account.AsSpan(0, 8).ContainsAnyExceptInRange('0', '9')) return null;
            return Formats.Iban.FromAccount("DE", string.Concat(Account.AsSpan(0, 8), number.ToString().PadLeft(10, '0'))).Value;
        }
    }

    public static AccountField Parse(string text, string secondLine = "")
    {
        text = text.Trim();
        if (text.Length == 0) return default;
        string? currency = null;
        var core = text;
        if (core.Length > 6 && CurrencyCodes.IsKnown(core[^3..]) && (char.IsAsciiDigit(core[^4]) || core[^4] is ' ' or '/' or '-' or '+'))
        {
            currency = core[^3..];
            core = core[..^3].TrimEnd(' ', '/', '-', '+');
        }

        var slash = core.IndexOf('/', StringComparison.Ordinal);
        var bic = slash is 8 or 11 && core.AsSpan(0, 6).ContainsAnyExceptInRange('A', 'Z') is false ? core[..slash] : null;
        if (secondLine.Length is 8 or 11 && secondLine.AsSpan(0, 6).ContainsAnyExceptInRange('A', 'Z') is false) bic ??= secondLine;
        var known = Formats.Iban.TryParse(core, out var iban) || (slash >= 0 && Formats.Iban.TryParse(core[(slash + 1)..], out iban));
        return new AccountField(text, known ? iban.Value : null, bic, currency);
    }
}

/// <summary>Field 28: <c>5n[/5n]</c>, in the wild with blanks, without the first number, or with three parts.</summary>
internal readonly record struct NumberField(string? Text, int? Sequence, int? Page)
{
    public static NumberField Parse(string text)
    {
        text = text.Trim();
        var parts = text.Split('/');
        return new NumberField(text.Length == 0 ? null : text, Number(parts[0]), parts.Length > 1 ? Number(parts[1]) : null);
    }

    private static int? Number(string text) => int.TryParse(text.Trim(), System.Globalization.NumberStyles.None, null, out var number) ? number : null;
}
