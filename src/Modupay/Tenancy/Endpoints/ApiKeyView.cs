namespace Modupay.Tenancy.Endpoints;

/// <summary>An API key, without what would open anything.</summary>
/// <param name="Id">Its id, <c>key_…</c>.</param>
/// <param name="Secret">The key itself. It is in the first answer to the request that made it, and nowhere else again.</param>
/// <param name="Start">How the key begins and ends, to recognise it by.</param>
/// <param name="Live">Whether it opens live data, or test data.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="AllowedRanges">Networks in CIDR notation; an empty list allows any address.</param>
/// <param name="State"><c>active</c>, <c>expired</c> or <c>revoked</c>.</param>
/// <param name="CreatedBy">Who made it: <c>user:usr_…</c> or <c>api_key:key_…</c>.</param>
/// <param name="Replaces">The key that this one takes over from (<c>key_…</c>).</param>
/// <param name="ExpiresAt">When it stops working (UTC); absent while nobody has rolled it.</param>
/// <param name="LastUsedAt">When it was last used (UTC), to the minute; absent when never.</param>
/// <param name="RevokedAt">When it was ended (UTC).</param>
internal sealed record ApiKeyView(string Id, string Name, string? Secret, string Start, bool Live, IReadOnlyList<string> Scopes, IReadOnlyList<string> AllowedRanges, string State,
    DateTimeOffset CreatedAt, string CreatedBy, string? Replaces, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt)
{
    internal static readonly string[] States = ["active", "expired", "revoked"];

    public static ApiKeyView Read(Npgsql.NpgsqlDataReader row, bool live, DateTimeOffset now)
    {
        var (expires, revoked) = (row.Instant(8), row.Instant(10));
        return new(new ApiKeyId(row.GetGuid(0)).ToString(), row.GetString(1), null, Shown(live, row.GetString(2)), live, row.GetFieldValue<string[]>(3), row.GetFieldValue<string[]>(4),
            revoked is not null ? "revoked" : expires <= now ? "expired" : "active", row.GetFieldValue<DateTimeOffset>(5), row.GetString(6),
            row.IsDBNull(7) ? null : new ApiKeyId(row.GetGuid(7)).ToString(), expires, row.Instant(9), revoked);
    }

    public static string Shown(bool live, string lastFour) => $"{(live ? ApiKeys.LivePrefix : ApiKeys.TestPrefix)}…{lastFour}";
}
