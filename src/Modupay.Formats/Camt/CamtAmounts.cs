using Modupay.Formats.Xml;

namespace Modupay.Formats.Camt;

internal static class CamtAmounts
{
    /// <summary>
    /// An amount with its currency attribute, which is the account's where it was left out. Where the statement depends on it, what cannot be read refuses
    /// the statement.
    /// </summary>
    public static CamtAmount? Read(XmlWalker xml, CamtNotes notes, string? accountCurrency, bool required)
    {
        var position = xml.Position;
        var code = xml.Attribute("Ccy");
        // The shared string of the code, so that every amount does not carry its own.
        var known = code is { Length: 3 } ? CurrencyCodes.Find(code) : null;
        if (known is null && (known = Meant(code, accountCurrency)) is not null)
        {
            if (string.IsNullOrWhiteSpace(code)) notes.Warn("currency_missing", $"An amount names no currency; the account's was taken ({known}).", position);
            else notes.Warn("currency_lower_case", "A currency is in lower case or has blanks around it.", position);
        }

        var problem = CamtValues.TryAmount(xml.Characters(), CurrencyCodes.DecimalsOrTwo(known ?? ""), out var minor, out var plus);
        if (known is null) problem ??= code is null ? "currency_missing" : "currency_unknown";
        if (plus) notes.Warn("amount_plus", "The amount has a plus sign.", position);
        if (problem is null) return new CamtAmount(minor, known!);

        if (required) notes.Refuse(problem, Explain(problem), position);
        else notes.Warn("detail_" + problem, Explain(problem), position);
        return null;
    }

    private static string? Meant(string? code, string? accountCurrency) =>
        string.IsNullOrWhiteSpace(code) ? accountCurrency : CurrencyCodes.Find(code.Trim().ToUpperInvariant());

    /// <summary>CRDT or DBIT; null when the file says neither.</summary>
    public static bool? Credit(XmlWalker xml, CamtNotes notes)
    {
        var position = xml.Position;
        var word = xml.Characters();
        switch (word)
        {
            case "CRDT": return true;
            case "DBIT": return false;
            case var _ when word.Equals("CRDT", StringComparison.OrdinalIgnoreCase) || word.Equals("DBIT", StringComparison.OrdinalIgnoreCase):
                notes.Warn("mark_lower_case", "The credit/debit indicator is in lower case.", position);
                return (word[0] | 0x20) == 'c';
            default:
                notes.Refuse("indicator_unreadable", "The credit/debit indicator is neither CRDT nor DBIT.", position);
                return null;
        }
    }

    private static string Explain(string problem) => problem switch
    {
        "amount_missing" => "There is no amount.",
        "amount_negative" => "The amount is negative; the indicator alone gives the direction.",
        "amount_decimals" => "The amount has more decimals than its currency.",
        "amount_too_large" => "The amount has more digits than any account.",
        "currency_missing" => "The amount has no currency.",
        "currency_unknown" => "The currency is none of ISO 4217.",
        _ => "The amount is no decimal number.",
    };
}
