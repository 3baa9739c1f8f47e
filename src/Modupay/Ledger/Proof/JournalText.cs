using System.Text;

namespace Modupay.Ledger.Proof;

/// <summary>
/// A journal as the lines of text that are hashed: everything that was recorded of it, readable by a person and by any language. A tab separates,
/// a line feed ends; neither can stand in a value, because they are written as <c>\t</c> and <c>\n</c>.
/// </summary>
internal static class JournalText
{
    public static string Of(TenantId tenant, StoredJournal journal)
    {
        var text = new StringBuilder(256);
        Line(text, "modupay-journal-1", tenant.ToString(), journal.Id.ToString());
        Line(text, journal.Kind, journal.EffectiveOn.ToString("yyyy-MM-dd"), journal.RecordedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'"));
        Line(text, journal.Source, journal.Description);
        Line(text, journal.Related?.ToString() ?? "", journal.ExpiresAt?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'") ?? "");
        foreach (var posting in journal.Postings)
            Line(text, JournalBatch.Text(posting.Layer), posting.Account, posting.Amount.Minor.ToString(), posting.Amount.Currency.Code);
        return text.ToString();
    }

    public static byte[] Leaf(TenantId tenant, StoredJournal journal) => Merkle.Leaf(Encoding.UTF8.GetBytes(Of(tenant, journal)));

    internal static void Line(StringBuilder text, params ReadOnlySpan<string> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (i > 0) text.Append('\t');
            text.Append(values[i].Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal));
        }
        text.Append('\n');
    }
}
