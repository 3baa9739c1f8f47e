using System.Text;
using Modupay.Ledger.Proof;

namespace Modupay.Audit;

/// <summary>Where the chain ends: whoever remembers this can later tell that the log was cut off or rewritten.</summary>
internal sealed record AuditHead(long Sequence, byte[] Hash)
{
    public static async Task<AuditHead> FindAsync(Session session, CancellationToken ct) =>
        (await session.ListAsync(AuditSql.End, [session.Tenant.Value], row => new AuditHead(row.GetInt64(0), row.GetFieldValue<byte[]>(1)), ct))[0];

    /// <summary>Whether the log still has this very entry.</summary>
    public async Task<bool> IsPassedByAsync(Session session, CancellationToken ct) => await session.ListAsync(AuditSql.PassesThrough, [session.Tenant.Value, Sequence, Hash], row => row.GetInt64(0), ct) is [_];

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

    /// <summary>The head that a message is about; null when it is not one of this tenant.</summary>
    public static AuditHead? HeadOf(TenantId tenant, string message) =>
        message.TrimEnd('\n').Split('\t') is ["modupay-audit-head-1", var owner, var sequence, var hash] && owner == tenant.ToString() && AuditHead.TryParse($"{sequence}:{hash}", out var head) ? head : null;

    /// <summary>Signs where the chain ends now, unless that was done already. The caller puts the anchor where nobody can replace it.</summary>
    public static async Task<AuditAnchor?> SignAsync(UnitOfWork unit, IHeadSigner signer, CancellationToken ct)
    {
        var head = await AuditHead.FindAsync(unit, ct);
        if (head.Sequence == 0) return null;
        if (await FindAsync(unit, head, ct) is { } done) return done;
        var (key, signature) = await signer.SignAsync(Message(unit.Tenant, head), ct);
        await unit.ListAsync(AuditSql.Anchor, [head.Sequence, head.Hash, key, signature, unit.Now], _ => true, ct);
        // Two runs at once sign differently; the one that was written first counts.
        return await FindAsync(unit, head, ct);
    }

    /// <summary>As it lies in the bucket: enough to check it without us.</summary>
    public KeptHead Kept(TenantId tenant, HeadKey key) =>
        new(Encoding.UTF8.GetString(Message(tenant, Head)), KeyId, HeadKey.Algorithm, Convert.ToBase64String(Signature), key.Pem, SignedAt);

    private static Task<AuditAnchor?> FindAsync(Session session, AuditHead head, CancellationToken ct) => session.FirstAsync(AuditSql.AnchorAt, [session.Tenant.Value, head.Sequence, head.Hash], Read, ct);

    internal static AuditAnchor Read(Npgsql.NpgsqlDataReader row) =>
        new(new(row.GetInt64(0), row.GetFieldValue<byte[]>(1)), row.GetString(2), row.GetFieldValue<byte[]>(3), row.GetFieldValue<DateTimeOffset>(4));
}
