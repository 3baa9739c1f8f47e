using Modupay.Audit;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.People;

/// <summary>Changes what people are in an organization, and lets them go. The last of its owners stays.</summary>
internal sealed class Members(Database database, OrganizationTenants tenants)
{
    /// <param name="role">Null leaves it as it is, and so for the departments.</param>
    public async Task<Result<Membership>> ChangeAsync(Caller caller, Person person, UserId user, Role? role, IReadOnlyList<DepartmentId>? departments, CancellationToken ct) =>
        await database.TransactAsync<Membership>(await tenants.LiveAsync(caller.Organization, ct), async unit =>
        {
            var locked = await LockAsync(unit, caller, person, user, staysHighest: role is null || role == Grants.HighestIn(caller.Organization), ct);
            if (locked.Problem is { } refused) return refused;
            var before = locked.Value;
            var changed = await unit.FirstAsync(MembershipSql.Change,
                [user.Value, Roles.Name(role ?? before.Role), (departments ?? before.Departments).Select(department => department.Value).ToArray()], Membership.Read, ct);
            AuditLog.Record(unit, caller.Actor, AuditActions.UserRoleChanged, user.ToString(), new Change("role", Roles.Name(before.Role), Roles.Name(changed!.Role)),
                new Change("departments", Text(before.Departments), Text(changed.Departments)));
            return changed;
        }, ct);

    public async Task<Result<Membership>> RemoveAsync(Caller caller, Person person, UserId user, CancellationToken ct) =>
        await database.TransactAsync<Membership>(await tenants.LiveAsync(caller.Organization, ct), async unit =>
        {
            var locked = await LockAsync(unit, caller, person, user, staysHighest: false, ct);
            if (locked.Problem is { } refused) return refused;
            await LeaveAsync(unit, locked.Value, caller.Actor, ct);
            return locked.Value;
        }, ct);

    /// <summary>The caller's own place on the ladder: what he is, or the highest where he acts for an organization of his.</summary>
    public static Role OwnRole(Caller caller, Person person) => caller.Organization == caller.Home ? person.Role : Grants.HighestIn(caller.Organization);

    /// <summary>The member, whom nobody else can change until the unit ends, if the caller may change him at all.</summary>
    private static async Task<Result<Membership>> LockAsync(UnitOfWork unit, Caller caller, Person person, UserId user, bool staysHighest, CancellationToken ct)
    {
        var last = await IsLastOwnerAsync(unit, caller.Organization, user, ct);
        if (await unit.FirstAsync(MembershipSql.Lock, [user.Value], Membership.Read, ct) is not { } member) return NotFound();
        if (!Grants.Reaches(OwnRole(caller, person), member.Role)) return new Problem(Errors.RoleAboveOwn, $"This member is {Roles.Name(member.Role)}.");
        if (!staysHighest && last) return new Problem(Errors.LastOwner, $"Make somebody else {Roles.Name(Grants.HighestIn(caller.Organization))} first.");
        return member;
    }

    /// <summary>Whether nobody else rules the organization. The owners stay who they are until the unit ends.</summary>
    public static async Task<bool> IsLastOwnerAsync(UnitOfWork unit, OrganizationId organization, UserId user, CancellationToken ct) =>
        await unit.ListAsync(MembershipSql.LockOwners, [new[] { Roles.Name(Grants.HighestIn(organization)) }], row => new UserId(row.GetGuid(0)), ct) is [var last] && last == user;

    /// <summary>In a transaction of the organization: the membership ends, and every session in it. Nothing when it has ended already.</summary>
    public static async Task LeaveAsync(UnitOfWork unit, Membership membership, Actor actor, CancellationToken ct)
    {
        if (await unit.ExecuteAsync(MembershipSql.Delete, [membership.User.Value], ct) == 0) return;
        await unit.AsPlatformAsync(() => unit.ExecuteAsync(SessionSql.EndInOrganization, [membership.User.Value, membership.Organization.Value, unit.Now, Sessions.Removed], ct), ct);
        AuditLog.Record(unit, actor, AuditActions.UserRemoved, membership.User.ToString(), new Change("role", Roles.Name(membership.Role), null));
    }

    internal static Problem NotFound() => new(Errors.NotFound, "There is no such member.");

    private static string Text(IReadOnlyList<DepartmentId> departments) => departments.Count == 0 ? "all" : string.Join(' ', departments);
}
