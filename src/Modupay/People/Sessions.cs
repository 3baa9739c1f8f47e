using Npgsql;

namespace Modupay.People;

internal static class SessionSql
{
    internal const string Insert = """
        insert into people.sessions (session_id, tenant_id, user_id, organization_id, methods, address_sealed, client, current_hash, created_at, rotated_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)
        """;

    internal const string InsertToken = "insert into people.refresh_tokens (token_hash, tenant_id, session_id, created_at) values ($1, $2, $3, $4)";

    internal const string FindByToken = """
        select s.session_id, s.user_id, s.organization_id, s.methods
        from people.refresh_tokens t join people.sessions s using (session_id)
        where t.token_hash = $1
        """;

    internal const string Lock = "select current_hash, previous_hash, rotated_at, expires_at, ended_at from people.sessions where session_id = $1 for update";

    internal const string Rotate = "update people.sessions set previous_hash = current_hash, current_hash = $2, rotated_at = $3 where session_id = $1";

    /// <summary>The moment of the rotation stays, so that repeating does not make the moment of grace longer.</summary>
    internal const string Repeat = "update people.sessions set current_hash = $2 where session_id = $1";

    internal const string SetMethods = "update people.sessions set methods = $2 where session_id = $1";

    internal const string End = "update people.sessions set ended_at = $2, ended_reason = $3 where session_id = $1 and ended_at is null";

    internal const string EndOne = "update people.sessions set ended_at = $3, ended_reason = $4 where session_id = $1 and user_id = $2 and ended_at is null";

    internal const string EndAll = "update people.sessions set ended_at = $2, ended_reason = $3 where user_id = $1 and ended_at is null";

    internal const string EndOthers = "update people.sessions set ended_at = $3, ended_reason = $4 where user_id = $1 and session_id <> $2 and ended_at is null";

    internal const string EndInOrganization = "update people.sessions set ended_at = $3, ended_reason = $4 where user_id = $1 and organization_id = $2 and ended_at is null";

    /// <summary>What an access token is worth now: nothing comes back when its session has ended or its bearer is no longer a member.</summary>
    internal const string Standing = """
        select m.role, m.departments, s.methods, coalesce(r.totp_required, false)
        from people.sessions s
        join people.memberships m on m.user_id = s.user_id and m.organization_id = s.organization_id
        left join people.security_settings r on r.organization_id = s.organization_id
        where s.session_id = $1 and s.user_id = $2 and s.organization_id = $3 and s.ended_at is null and s.expires_at > $4
        """;

    /// <summary>From where and with what he came is forgotten with him.</summary>
    internal const string ForgetAll = """
        update people.sessions set ended_at = coalesce(ended_at, $2), ended_reason = coalesce(ended_reason, $3), address_sealed = null, client = null
        where user_id = $1
        """;

    internal const string Page = """
        select session_id, organization_id, methods, address_sealed, client, created_at, rotated_at, expires_at
        from people.sessions
        where user_id = $1 and ended_at is null and expires_at > $2 and rotated_at > $3 and session_id < $4
        order by session_id desc
        limit $5
        """;

    internal const string SealedAddresses = """
        select session_id, address_sealed from people.sessions
        where session_id > $1 and get_byte(address_sealed, 0) = 1 and substr(address_sealed, 1, 5) <> $2 order by session_id limit $3
        """;

    internal const string SwapAddresses = """
        update people.sessions as held set address_sealed = swap.after from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as swap (id, before, after)
        where held.session_id = swap.id and held.address_sealed = swap.before
        """;

    internal const string PurgeTokens = "delete from people.refresh_tokens t using people.sessions s where s.session_id = t.session_id and (s.expires_at < $1 or s.ended_at < $1)";
}

/// <summary>Starts, renews and ends logins, inside the transaction of whoever does so, speaking for the platform.</summary>
internal static class Sessions
{
    public const string Logout = "logout";
    public const string LogoutEverywhere = "logout_everywhere";
    public const string Revoked = "revoked";
    public const string Reuse = "reuse";
    public const string Password = "password";
    public const string Removed = "removed";
    public const string Erased = "erased";

    public static async Task<OpaqueToken> StartAsync(UnitOfWork unit, NewSession session, CancellationToken ct)
    {
        var refresh = OpaqueToken.Create(OpaqueToken.Refresh);
        await unit.ExecuteAllAsync(
        [
            (SessionSql.Insert, [session.Id.Value, PlatformTenant.Id.Value, session.User.Value, session.Organization.Value, session.Methods.ToArray(), session.AddressSealed, session.Client, refresh.Hash,
                unit.Now, unit.Now + RefreshRotation.Longest]),
            (SessionSql.InsertToken, [refresh.Hash, PlatformTenant.Id.Value, session.Id.Value, unit.Now]),
        ], ct);
        return refresh;
    }

    /// <summary>Gives the session its next refresh token, if the one presented earns one.</summary>
    public static async Task<(RefreshMove Move, OpaqueToken? Next)> RenewAsync(UnitOfWork unit, SessionId session, OpaqueToken presented, CancellationToken ct)
    {
        var family = (await unit.FirstAsync(SessionSql.Lock, [session.Value], ReadFamily, ct))!;
        var move = RefreshRotation.Decide(family, presented.Hash, unit.Now);
        if (move is not (RefreshMove.Rotate or RefreshMove.Repeat)) return (move, null);
        var next = OpaqueToken.Create(OpaqueToken.Refresh);
        await unit.ExecuteAllAsync(
        [
            move == RefreshMove.Rotate ? (SessionSql.Rotate, [session.Value, next.Hash, unit.Now]) : (SessionSql.Repeat, [session.Value, next.Hash]),
            (SessionSql.InsertToken, [next.Hash, PlatformTenant.Id.Value, session.Value, unit.Now]),
        ], ct);
        return (move, next);
    }

    private static RefreshFamily ReadFamily(NpgsqlDataReader row) =>
        new(row.GetFieldValue<byte[]>(0), row.Bytes(1), row.GetFieldValue<DateTimeOffset>(2), row.GetFieldValue<DateTimeOffset>(3), row.Instant(4));
}

internal sealed record NewSession(SessionId Id, UserId User, OrganizationId Organization, IReadOnlyList<string> Methods, byte[]? AddressSealed, string? Client);
