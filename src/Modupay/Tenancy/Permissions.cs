using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Modupay.Tenancy;

/// <summary>What an endpoint may ask of its caller. The names of <see cref="PermissionNames"/> are public: keys carry them as scopes.</summary>
internal enum Permission
{
    /// <summary>Acts on the caller alone, so everybody who is known has it.</summary>
    Self,
    PartnersRead, PartnersWrite,
    OrganizationsRead, OrganizationsWrite,
    DepartmentsRead, DepartmentsWrite,
    MembersRead, MembersWrite,
    PeopleErase,
    KeysRead, KeysWrite,
    AuditRead,
    EncryptionManage,
    BankAccountsRead, BankAccountsWrite,
    PayoutsRead, PayoutsCreate, PayoutsApprove,
    StatementsRead, StatementsWrite,
    ReconciliationRead, ReconciliationWrite,
    LedgerRead, LedgerWrite,
    EventsRead, WebhooksWrite,
}

/// <summary>A set of permissions, small enough to be copied.</summary>
internal readonly record struct Permissions(ulong Bits)
{
    public static readonly Permissions None;
    public static readonly Permissions All = Of(Enum.GetValues<Permission>());

    public static Permissions Of(params ReadOnlySpan<Permission> permissions)
    {
        var bits = 0UL;
        foreach (var permission in permissions) bits |= Bit(permission);
        return new Permissions(bits);
    }

    public bool Has(Permission permission) => permission == Permission.Self || (Bits & Bit(permission)) != 0;

    public bool Includes(Permissions others) => (others.Bits & ~Bits) == 0;

    public static Permissions operator |(Permissions left, Permissions right) => new(left.Bits | right.Bits);

    public static Permissions operator &(Permissions left, Permissions right) => new(left.Bits & right.Bits);

    public static Permissions operator -(Permissions left, Permissions right) => new(left.Bits & ~right.Bits);

    public IReadOnlyList<string> Names
    {
        get
        {
            var set = this;
            return [.. PermissionNames.All.Where(named => set.Has(named.Value)).Select(named => named.Key)];
        }
    }

    private static ulong Bit(Permission permission) => 1UL << (int)permission;
}

/// <summary>The names under which permissions appear in the API.</summary>
internal static class PermissionNames
{
    private static readonly FrozenDictionary<string, Permission> ByName = new Dictionary<string, Permission>(StringComparer.Ordinal)
    {
        ["partners:read"] = Permission.PartnersRead,
        ["partners:write"] = Permission.PartnersWrite,
        ["organizations:read"] = Permission.OrganizationsRead,
        ["organizations:write"] = Permission.OrganizationsWrite,
        ["departments:read"] = Permission.DepartmentsRead,
        ["departments:write"] = Permission.DepartmentsWrite,
        ["members:read"] = Permission.MembersRead,
        ["members:write"] = Permission.MembersWrite,
        ["people:erase"] = Permission.PeopleErase,
        ["keys:read"] = Permission.KeysRead,
        ["keys:write"] = Permission.KeysWrite,
        ["audit:read"] = Permission.AuditRead,
        ["encryption:manage"] = Permission.EncryptionManage,
        ["bank_accounts:read"] = Permission.BankAccountsRead,
        ["bank_accounts:write"] = Permission.BankAccountsWrite,
        ["payouts:read"] = Permission.PayoutsRead,
        ["payouts:create"] = Permission.PayoutsCreate,
        ["payouts:approve"] = Permission.PayoutsApprove,
        ["statements:read"] = Permission.StatementsRead,
        ["statements:write"] = Permission.StatementsWrite,
        ["reconciliation:read"] = Permission.ReconciliationRead,
        ["reconciliation:write"] = Permission.ReconciliationWrite,
        ["ledger:read"] = Permission.LedgerRead,
        ["ledger:write"] = Permission.LedgerWrite,
        ["events:read"] = Permission.EventsRead,
        ["webhooks:write"] = Permission.WebhooksWrite,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<Permission, string> ByPermission = ByName.ToFrozenDictionary(named => named.Value, named => named.Key);

    public static ImmutableArray<KeyValuePair<string, Permission>> All { get; } = [.. ByName.OrderBy(named => named.Value)];

    public static string Of(Permission permission) => permission == Permission.Self ? "self" : ByPermission[permission];

    public static bool TryParse(string name, out Permission permission) => ByName.TryGetValue(name, out permission);

    /// <summary>The permissions that are named, ignoring names of permissions that no longer exist.</summary>
    public static Permissions Of(IEnumerable<string> names) =>
        Permissions.Of([.. names.Where(ByName.ContainsKey).Select(name => ByName[name])]);
}
