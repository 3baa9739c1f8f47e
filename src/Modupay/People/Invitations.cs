using Modupay.Audit;
using Modupay.Notifications.Mail;
using Modupay.Tenancy;
using Npgsql;

namespace Modupay.People;

internal sealed record Invitation(InvitationId Id, OrganizationId Organization, byte[] EmailHash, byte[] EmailSealed, Role Role, IReadOnlyList<DepartmentId> Departments, string InvitedBy,
    DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? AcceptedAt, UserId? AcceptedBy, DateTimeOffset? RevokedAt)
{
    public static readonly TimeSpan Lasts = TimeSpan.FromDays(7);

    public static Invitation Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), new(row.GetGuid(1)), row.GetFieldValue<byte[]>(2), row.GetFieldValue<byte[]>(3), Roles.Parse(row.GetString(4))!.Value,
        [.. row.GetFieldValue<Guid[]>(5).Select(DepartmentId.From)], row.GetString(6), row.GetFieldValue<DateTimeOffset>(7), row.GetFieldValue<DateTimeOffset>(8), row.Instant(9),
        row.IsDBNull(10) ? null : new UserId(row.GetGuid(10)), row.Instant(11));

    internal static readonly string[] States = ["open", "accepted", "revoked", "expired"];

    public string State(DateTimeOffset now) => AcceptedAt is not null ? "accepted" : RevokedAt is not null ? "revoked" : ExpiresAt <= now ? "expired" : "open";
}

internal static class InvitationSql
{
    private const string Columns = "invitation_id, organization_id, email_hash, email_sealed, role, departments, invited_by, created_at, expires_at, accepted_at, accepted_by, revoked_at";

    internal const string CloseExpired = "update people.invitations set revoked_at = $2 where email_hash = $1 and accepted_at is null and revoked_at is null and expires_at <= $2";

    internal const string Insert = $"""
        insert into people.invitations (invitation_id, organization_id, email_hash, email_sealed, role, departments, token_hash, invited_by, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (organization_id, email_hash) where accepted_at is null and revoked_at is null do nothing
        returning {Columns}
        """;

    internal const string Page = $"select {Columns} from people.invitations where invitation_id < $1 order by invitation_id desc limit $2";

    internal const string Find = $"select {Columns} from people.invitations where invitation_id = $1";

    internal const string ByToken = $"select {Columns} from people.invitations where token_hash = $1 and accepted_at is null and revoked_at is null and expires_at > $2";

    /// <summary>The link of the letter before stops working: who wrote down the wrong address may send it again to the right hands only.</summary>
    internal const string Renew = $"update people.invitations set token_hash = $2, expires_at = $3 where invitation_id = $1 and accepted_at is null and revoked_at is null returning {Columns}";

    internal const string Revoke = $"update people.invitations set revoked_at = $2 where invitation_id = $1 and accepted_at is null and revoked_at is null returning {Columns}";

    /// <summary>Nobody is found by the hash any more; what was open is closed.</summary>
    internal const string Forget = """
        update people.invitations set email_hash = $2, revoked_at = case when accepted_at is null then coalesce(revoked_at, $3) end
        where email_hash = $1
        """;

    /// <summary>Of two that accept at once, one waits here for the other and then finds nothing.</summary>
    internal const string Accept = "update people.invitations set accepted_at = $3, accepted_by = $4 where invitation_id = $1 and token_hash = $2 and accepted_at is null and revoked_at is null and expires_at > $3";
}

/// <summary>Invites people into organizations. An invitation works once, for a week, and for whoever reads the mailbox it was sent to.</summary>
internal sealed class Invitations(Database database, Users users, Mails mails, OrganizationTenants tenants, PeopleLinks links)
{
    /// <summary>An invitation that is ready to be written, with its letter.</summary>
    internal sealed record Draft(EmailAddress Email, byte[] EmailHash, byte[] EmailSealed, OpaqueToken Token, SealedMail Letter);

    public async Task<Draft> DraftAsync(OrganizationId organization, EmailAddress email, Role role, CancellationToken ct)
    {
        var token = OpaqueToken.Create(OpaqueToken.Invitation);
        return new(email, await users.HashOfAsync(email, ct), (await users.SubjectAsync(email, ct)).SealEmail(email), token, await LetterAsync(organization, email, role, token, ct));
    }

    /// <summary>In a transaction of the organization's live tenant: what is common to both modes is written there.</summary>
    public static async Task<Result<Invitation>> InsertAsync(UnitOfWork unit, OrganizationId organization, Draft draft, Role role, IReadOnlyList<DepartmentId> departments, Actor actor, CancellationToken ct)
    {
        var user = await unit.AsPlatformAsync(() => unit.FirstAsync(UserSql.FindByEmail, [draft.EmailHash], User.Read, ct), ct);
        if (user is not null && await unit.FirstAsync(MembershipSql.Find, [user.Id.Value], Membership.Read, ct) is not null) return new Problem(Errors.AlreadyMember, "Change the member instead.");

        await unit.ExecuteAsync(InvitationSql.CloseExpired, [draft.EmailHash, unit.Now], ct);
        var id = Id.New<InvitationId>(unit.Time);
        var made = await unit.FirstAsync(InvitationSql.Insert,
            [id.Value, organization.Value, draft.EmailHash, draft.EmailSealed, Roles.Name(role), departments.Select(department => department.Value).ToArray(), draft.Token.Hash, $"{actor.Kind}:{actor.Id}",
                unit.Now, unit.Now + Invitation.Lasts], Invitation.Read, ct);
        if (made is null) return new Problem(Errors.InvitationExists, "Send it again, or revoke it first.");
        await draft.Letter.PostAsync(unit, ct);
        AuditLog.Record(unit, actor, AuditActions.UserInvited, made.Id.ToString(), Change.Set("role", Roles.Name(role)));
        return made;
    }

    /// <summary>Sends an open invitation again, under a new link.</summary>
    public async Task<Result<Invitation>> ResendAsync(OrganizationId organization, InvitationId id, Actor actor, CancellationToken ct)
    {
        var tenant = await tenants.LiveAsync(organization, ct);
        if (await database.FirstAsync(tenant, InvitationSql.Find, [id.Value], Invitation.Read, ct) is not { } found) return NotFound();
        var token = OpaqueToken.Create(OpaqueToken.Invitation);
        if (await users.OpenEmailIfKeptAsync(found.EmailSealed, ct) is not { } email) return NotOpen();
        var letter = await LetterAsync(organization, email, found.Role, token, ct);
        return await database.TransactAsync<Invitation>(tenant, async unit =>
        {
            if (await unit.FirstAsync(InvitationSql.Renew, [id.Value, token.Hash, unit.Now + Invitation.Lasts], Invitation.Read, ct) is not { } renewed) return NotOpen();
            await letter.PostAsync(unit, ct);
            AuditLog.Record(unit, actor, AuditActions.UserInvited, id.ToString(), Change.Set("role", Roles.Name(renewed.Role)));
            return renewed;
        }, ct);
    }

    /// <summary>The open invitation that a token is for, whoever asks.</summary>
    public async Task<Result<Invitation>> FindAsync(string? text, CancellationToken ct)
    {
        if (OpaqueToken.Parse(OpaqueToken.Invitation, text) is not { } token) return LinkInvalid();
        var found = await database.ListByAsync(LookUp.Invitation, Convert.ToHexStringLower(token.Hash), InvitationSql.ByToken, [token.Hash, database.Time.GetUtcNow()], Invitation.Read, ct);
        return found is [var invitation] ? invitation : LinkInvalid();
    }

    internal static Problem NotFound() => new(Errors.NotFound, "There is no such invitation.");

    internal static Problem NotOpen() => new(Errors.InvitationState, "It was accepted or revoked; invite again.");

    internal static Problem LinkInvalid() => new(Errors.LinkInvalid, "Ask for a new invitation.");

    private async Task<SealedMail> LetterAsync(OrganizationId organization, EmailAddress email, Role role, OpaqueToken token, CancellationToken ct)
    {
        var tenant = await tenants.LiveAsync(organization, ct);
        var name = await Organizations.NameOfAsync(database, tenant, organization, ct);
        return await mails.SealAsync(tenant, Letters.Invitation(email, name, role, links.Invitation(token)), ct);
    }
}
