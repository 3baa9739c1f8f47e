using System.Text;
using Modupay.Ledger.Proof;

namespace Modupay.Audit;

/// <summary>Where the chain ends: whoever remembers this can later tell that the log was cut off or rewritten.</summary>
internal sealed record AuditHead(long Sequence, byte[] Hash)
{
    public static async Task<AuditHead> FindAsync(Session session, CancellationToken ct) =>
        (await session.ListAsync(AuditSql.End, [session.Tenant.Value], row => new AuditHead(row.GetInt64(0), row.GetFieldValue<byte[]>(1)), ct))[0];

    /// <summary><c>17:</c> and the hash as hexadecimal digits, as it is printed and as it is given back.</summary>
    public override string ToString() => $"{Sequence}:{Convert.ToHexStringLower(Hash)}";

    public static bool TryParse(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out AuditHead? head)
    {
        head = null;
        if (text?.Split(':') is not [var number, { Length: 64 } digits] || !long.TryParse(number, out var sequence) || sequence < 1 || !digits.All(char.IsAsciiHexDigit)) return false;
        head = new(sequence, Convert.FromHexString(digits));
        return true;
    }
}

/// <summary>An end of the chain, signed.</summary>
internal sealed record AuditAnchor(AuditHead Head, string KeyId, byte[] Signature, DateTimeOffset SignedAt)
{
    public static byte[] Message(TenantId tenant, AuditHead head) => Encoding.UTF8.GetBytes($"modupay-audit-head-1\t{tenant}\t{head.Sequence}\t{Convert.ToHexStringLower(head.Hash)}\n");

    /// <summary>Signs where the chain ends now, once a day. The caller puts the anchor where nobody can replace it.</summary>
    public static async Task<AuditAnchor?> SignAsync(UnitOfWork unit, IHeadSigner signer, CancellationToken ct)
    {
        var head = await AuditHead.FindAsync(unit, ct);
        if (head.Sequence == 0) return null;
        var (key, signature) = await signer.SignAsync(Message(unit.Tenant, head), ct);
        var anchor = new AuditAnchor(head, key, signature, unit.Now);
        await unit.ListAsync(AuditSql.Anchor, [head.Sequence, head.Hash, anchor.KeyId, anchor.Signature, anchor.SignedAt], _ => true, ct);
        return anchor;
    }

    internal static AuditAnchor Read(Npgsql.NpgsqlDataReader row) =>
        new(new(row.GetInt64(0), row.GetFieldValue<byte[]>(1)), row.GetString(2), row.GetFieldValue<byte[]>(3), row.GetFieldValue<DateTimeOffset>(4));
}
