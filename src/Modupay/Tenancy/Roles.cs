using System.Collections.Frozen;

namespace Modupay.Tenancy;

/// <summary>What a person is in an organization. The names are public; who may what is an approved file among the tests.</summary>
internal enum Role { Owner, Admin, Developer, Viewer, Operator, OperatorViewer }

internal static class Roles
{
    /// <summary>Everything an organization may do with what is its own.</summary>
    public static readonly Permissions Organization = Permissions.All - Permissions.Of(Permission.PartnersRead, Permission.PartnersWrite, Permission.PeopleErase);

    /// <summary>What can be given to an API key: everything but ruling over people, keys' keys and encryption, which needs a person.</summary>
    public static readonly Permissions ForKeys = Permissions.All - Permissions.Of(Permission.MembersWrite, Permission.EncryptionManage, Permission.PartnersWrite, Permission.PeopleErase);

    /// <summary>What an API key has when nothing is said: what an integration needs from day to day.</summary>
    public static readonly Permissions Integration = Permissions.Of(
        Permission.OrganizationsRead, Permission.DepartmentsRead, Permission.BankAccountsRead, Permission.BankAccountsWrite, Permission.PayoutsRead, Permission.PayoutsCreate,
        Permission.PayoutsApprove, Permission.StatementsRead, Permission.StatementsWrite, Permission.ReconciliationRead, Permission.ReconciliationWrite, Permission.LedgerRead,
        Permission.LedgerWrite, Permission.EventsRead, Permission.WebhooksWrite);

    /// <summary>
    /// What makes sense for somebody who sees some departments only: their accounts, payouts and statements. The ledger, webhooks and the audit
    /// log speak of the whole organization.
    /// </summary>
    public static readonly Permissions InDepartments = Permissions.Of(
        Permission.Self, Permission.OrganizationsRead, Permission.DepartmentsRead, Permission.BankAccountsRead, Permission.PayoutsRead, Permission.PayoutsCreate, Permission.PayoutsApprove,
        Permission.StatementsRead);

    private static readonly Permissions Reading = Permissions.Of(
        Permission.OrganizationsRead, Permission.DepartmentsRead, Permission.MembersRead, Permission.BankAccountsRead, Permission.PayoutsRead, Permission.StatementsRead,
        Permission.ReconciliationRead, Permission.LedgerRead, Permission.EventsRead);

    private static readonly FrozenDictionary<Role, Permissions> Table = new Dictionary<Role, Permissions>
    {
        [Role.Owner] = Organization,
        // Destroying keys and erasing people cannot be undone, so it stays with the owners.
        [Role.Admin] = Organization - Permissions.Of(Permission.EncryptionManage),
        // In test mode only: see Of.
        [Role.Developer] = Integration | Reading | Permissions.Of(Permission.KeysRead, Permission.KeysWrite, Permission.AuditRead),
        [Role.Viewer] = Reading,
        [Role.Operator] = Permissions.Of(Permission.PartnersRead, Permission.PartnersWrite, Permission.OrganizationsRead, Permission.OrganizationsWrite, Permission.MembersRead, Permission.MembersWrite,
            Permission.PeopleErase, Permission.KeysRead, Permission.KeysWrite, Permission.AuditRead),
        [Role.OperatorViewer] = Permissions.Of(Permission.PartnersRead, Permission.OrganizationsRead, Permission.MembersRead, Permission.AuditRead),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<Role, string> Names = new Dictionary<Role, string>
    {
        [Role.Owner] = "owner",
        [Role.Admin] = "admin",
        [Role.Developer] = "developer",
        [Role.Viewer] = "viewer",
        [Role.Operator] = "operator",
        [Role.OperatorViewer] = "operator_viewer",
    }.ToFrozenDictionary();

    public static Permissions Of(Role role, bool live) => role == Role.Developer && live ? Permissions.None : Table[role];

    public static string Name(Role role) => Names[role];

    public static Role? Parse(string name) => Names.FirstOrDefault(named => named.Value == name) is { Value: not null } found ? found.Key : null;
}
