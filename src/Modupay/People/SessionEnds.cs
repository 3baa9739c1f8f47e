using Modupay.Audit;
using Modupay.Http;
using Npgsql;

namespace Modupay.People;

/// <summary>A session as its owner sees it.</summary>
internal sealed record ListedSession(SessionId Id, OrganizationId Organization, IReadOnlyList<string> Methods, byte[]? AddressSealed, string? Client, DateTimeOffset CreatedAt, DateTimeOffset RotatedAt, DateTimeOffset ExpiresAt)
{
    public static ListedSession Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), new(row.GetGuid(1)), row.GetFieldValue<string[]>(2), row.Bytes(3), row.Text(4),
        row.GetFieldValue<DateTimeOffset>(5), row.GetFieldValue<DateTimeOffset>(6), row.GetFieldValue<DateTimeOffset>(7));
}

/// <summary>Ends sessions at their owner's word. This process knows at once, the others when what they remember has grown old: within seconds.</summary>
internal sealed class SessionEnds(Database database, TokenCallers callers, OrganizationTenants tenants)
{
    public async Task EndAsync(Person person, CancellationToken ct)
    {
        await database.ExecuteAsync(PlatformTenant.Id, SessionSql.EndOne, [person.Session.Value, person.User.Value, database.Time.GetUtcNow(), Sessions.Logout], ct);
        callers.Forget(person.Session);
    }

    /// <returns>Whether there was such a session of this person.</returns>
    public async Task<bool> RevokeAsync(Person person, SessionId session, CancellationToken ct)
    {
        var ended = await database.ExecuteAsync(PlatformTenant.Id, SessionSql.EndOne, [session.Value, person.User.Value, database.Time.GetUtcNow(), Sessions.Revoked], ct);
        callers.Forget(session);
        return ended > 0;
    }

    public async Task EndAllAsync(Person person, Caller caller, CancellationToken ct)
    {
        await database.TransactAsync<bool>(await tenants.LiveAsync(caller.Home, ct), async unit =>
        {
            await unit.AsPlatformAsync(() => unit.ExecuteAsync(SessionSql.EndAll, [person.User.Value, unit.Now, Sessions.LogoutEverywhere], ct), ct);
            AuditLog.Record(unit, caller.Actor, AuditActions.LoggedOutEverywhere, person.User.ToString());
            return true;
        }, ct);
        callers.Forget(person.Session);
    }

    public Task<List<ListedSession>> ListAsync(Person person, PageRequest page, CancellationToken ct)
    {
        var now = database.Time.GetUtcNow();
        return database.ListAsync(PlatformTenant.Id, SessionSql.Page, [person.User.Value, now, now - RefreshRotation.Idle, page.Before, page.Fetch], ListedSession.Read, ct);
    }
}
