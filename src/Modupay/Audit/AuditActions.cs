namespace Modupay.Audit;

/// <summary>Something sensitive that can be done, and what kind of thing it is done to.</summary>
internal sealed record AuditAction(string Name, string Target);

/// <summary>The one table of sensitive actions. Names are public: they may be added, never renamed. An action that is not here cannot be recorded.</summary>
internal static class AuditActions
{
    // First, because the rows below add themselves in the order they are written.
    private static readonly Dictionary<string, AuditAction> Rows = new(StringComparer.Ordinal);

    // The organization and its departments
    public static readonly AuditAction OrganizationCreated = Row("organization.created", "organization");
    public static readonly AuditAction OrganizationUpdated = Row("organization.updated", "organization");
    public static readonly AuditAction DepartmentCreated = Row("department.created", "department");
    public static readonly AuditAction DepartmentUpdated = Row("department.updated", "department");

    // Keys of programs
    public static readonly AuditAction ApiKeyCreated = Row("api_key.created", "api_key");
    public static readonly AuditAction ApiKeyRolled = Row("api_key.rolled", "api_key");
    public static readonly AuditAction ApiKeyRevoked = Row("api_key.revoked", "api_key");

    // People
    public static readonly AuditAction UserInvited = Row("user.invited", "invitation");
    public static readonly AuditAction InvitationRevoked = Row("invitation.revoked", "invitation");
    public static readonly AuditAction UserJoined = Row("user.joined", "user");
    public static readonly AuditAction UserRoleChanged = Row("user.role_changed", "user");
    public static readonly AuditAction UserRemoved = Row("user.removed", "user");
    public static readonly AuditAction LoginSucceeded = Row("login.succeeded", "user");
    public static readonly AuditAction LoginFailed = Row("login.failed", "user");
    public static readonly AuditAction LoginLocked = Row("login.locked", "user");
    public static readonly AuditAction LoggedOutEverywhere = Row("login.ended_everywhere", "user");
    public static readonly AuditAction PasswordChanged = Row("password.changed", "user");
    public static readonly AuditAction PasswordReset = Row("password.reset", "user");
    public static readonly AuditAction TotpEnabled = Row("totp.enabled", "user");
    public static readonly AuditAction TotpDisabled = Row("totp.disabled", "user");
    public static readonly AuditAction SecuritySettingsChanged = Row("security_settings.changed", "organization");
    public static readonly AuditAction SigningKeyRolled = Row("signing_key.rolled", "signing_key");
    public static readonly AuditAction TokenReuseDetected = Row("token.reuse_detected", "user");

    // Banks and own accounts
    public static readonly AuditAction BankProfileCreated = Row("bank_profile.created", "bank_profile");
    public static readonly AuditAction BankDialectChanged = Row("bank_profile.dialect_changed", "bank_profile");
    public static readonly AuditAction StatementPickUpChanged = Row("bank_profile.pick_up_changed", "bank_profile");
    public static readonly AuditAction StatementPickUpRetried = Row("bank_profile.pick_up_retried", "bank_profile");
    public static readonly AuditAction ConnectorCreated = Row("connector.created", "connector");
    public static readonly AuditAction TreasuryAccountCreated = Row("treasury_account.created", "treasury_account");
    public static readonly AuditAction TreasuryAccountUpdated = Row("treasury_account.updated", "treasury_account");

    // Money that leaves
    public static readonly AuditAction PayoutCreated = Row("payout.created", "payout");
    public static readonly AuditAction PayoutApproved = Row("payout.approved", "payout");
    public static readonly AuditAction PayoutCanceled = Row("payout.canceled", "payout");

    // Statements
    public static readonly AuditAction StatementUploaded = Row("statement.uploaded", "statement_file");
    public static readonly AuditAction StatementReleased = Row("statement.released", "statement_file");

    // What people say of statement lines
    public static readonly AuditAction ReconciliationRulesChanged = Row("reconciliation_rules.changed", "reconciliation_rules");
    public static readonly AuditAction StatementLineDecided = Row("statement_line.decided", "statement_line");

    // The ledger by hand
    public static readonly AuditAction LedgerAccountOpened = Row("ledger_account.opened", "ledger_account");
    public static readonly AuditAction LedgerAccountChanged = Row("ledger_account.changed", "ledger_account");
    public static readonly AuditAction ChartNodeAdded = Row("chart_node.added", "chart_node");
    public static readonly AuditAction JournalPosted = Row("journal.posted", "journal");
    public static readonly AuditAction JournalsPosted = Row("journals.posted", "journal_batch");
    public static readonly AuditAction HoldPosted = Row("hold.posted", "journal");
    public static readonly AuditAction HoldVoided = Row("hold.voided", "journal");
    public static readonly AuditAction JournalReversed = Row("journal.reversed", "journal");

    // Webhooks
    public static readonly AuditAction WebhookEndpointCreated = Row("webhook_endpoint.created", "webhook_endpoint");
    public static readonly AuditAction WebhookEndpointUpdated = Row("webhook_endpoint.updated", "webhook_endpoint");
    public static readonly AuditAction WebhookEndpointDeleted = Row("webhook_endpoint.deleted", "webhook_endpoint");
    public static readonly AuditAction WebhookSecretRotated = Row("webhook_secret.rotated", "webhook_endpoint");

    // Keys, secrets and personal data
    public static readonly AuditAction DataKeyRotated = Row("data_key.rotated", "data_key");
    public static readonly AuditAction DataKeyDestroyed = Row("data_key.destroyed", "data_key");
    public static readonly AuditAction DataSubjectErased = Row("data_subject.erased", "data_subject");
    public static readonly AuditAction SecretRotated = Row("secret.rotated", "secret");

    // The log itself
    public static readonly AuditAction AuditLogExported = Row("audit_log.exported", "audit_log");

    public static IReadOnlyDictionary<string, AuditAction> All => Rows;

    public static IReadOnlyList<string> Names { get; } = [.. Rows.Keys.Order(StringComparer.Ordinal)];

    private static AuditAction Row(string name, string target)
    {
        var action = new AuditAction(name, target);
        Rows.Add(name, action);
        return action;
    }
}
