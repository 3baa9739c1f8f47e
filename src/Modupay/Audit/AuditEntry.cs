using System.Text;
using Modupay.Ledger.Proof;
using Npgsql;

namespace Modupay.Audit;

internal readonly record struct AuditEntryId(Guid Value) : IId<AuditEntryId>
{
    public static string Prefix => "aud";
    public static AuditEntryId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

/// <summary>One sensitive action: who, from where, what to what, and what changed by it.</summary>
internal sealed record AuditEntry(AuditEntryId Id, DateTimeOffset At, Actor Actor, string Action, string TargetType, string TargetId, string Changes, PersonalData? Personal)
{
    internal static AuditEntry Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), row.GetFieldValue<DateTimeOffset>(1),
        new(row.GetString(2), row.GetString(3), row.Text(4), row.Text(5)), row.GetString(6), row.GetString(7), row.GetString(8), row.GetString(9),
        row.IsDBNull(10) ? null : new(new(row.GetGuid(10)), row.GetFieldValue<byte[]>(11)));
}

/// <summary>An entry with its place in the chain.</summary>
internal sealed record LinkedEntry(AuditEntry Entry, long Sequence, byte[] Previous, byte[] Hash)
{
    internal static LinkedEntry Read(NpgsqlDataReader row) => new(AuditEntry.Read(row), row.GetInt64(12), row.GetFieldValue<byte[]>(13), row.GetFieldValue<byte[]>(14));
}

/// <summary>
/// An entry as the lines of text that are hashed, written by the rules of the ledger's <see cref="JournalText"/>: readable by a person and by any language.
/// </summary>
internal static class AuditText
{
    public static string Of(TenantId tenant, AuditEntry entry)
    {
        var text = new StringBuilder(256);
        JournalText.Line(text, "modupay-audit-1", tenant.ToString(), entry.Id.ToString(), entry.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'"));
        JournalText.Line(text, entry.Actor.Kind, entry.Actor.Id, entry.Actor.Address ?? "", entry.Actor.RequestId ?? "");
        JournalText.Line(text, entry.Action, entry.TargetType, entry.TargetId);
        JournalText.Line(text, entry.Changes);
        if (entry.Personal is { } personal) JournalText.Line(text, personal.Subject.ToString(), Convert.ToHexStringLower(personal.Sealed));
        return text.ToString();
    }

    public static byte[] Content(TenantId tenant, AuditEntry entry) => Merkle.Leaf(Encoding.UTF8.GetBytes(Of(tenant, entry)));

    /// <summary>What <c>audit.append</c> computes.</summary>
    public static byte[] Link(long sequence, byte[] previous, byte[] content)
    {
        var text = new StringBuilder(200);
        JournalText.Line(text, "modupay-audit-link-1", sequence.ToString(), Convert.ToHexStringLower(previous), Convert.ToHexStringLower(content));
        return Merkle.Leaf(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
