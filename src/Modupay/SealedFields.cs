using Modupay.Audit;
using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;
using Modupay.Banking.Statements;
using Modupay.Notifications.Delivery;
using Modupay.Notifications.Endpoints;
using Modupay.Notifications.Mail;
using Modupay.People;
using Modupay.Reconciliation;
using Modupay.Tenancy;

namespace Modupay;

/// <summary>The one list of sealed columns. A column that is missing here would keep a key alive for ever, so a test compares it with the schema.</summary>
internal static class SealedFields
{
    public static readonly IReadOnlyList<SealedField> All =
    [
        new("tenancy.data_subjects", "key_sealed", DataSubjects.KeyField, DataSubjectSql.SealedKeys, DataSubjectSql.SwapKeys),
        new("banking.treasury_accounts", "iban_sealed", TreasuryAccount.IbanField, BankAccountSql.SealedIbans, BankAccountSql.SwapIbans),
        new("banking.bank_statement_lines", "counterparty_sealed", StatementWriter.CounterpartyField, StatementSql.SealedCounterparties, StatementSql.SwapCounterparties),
        new("reconciliation.expected_items", "counterparty_sealed", ExpectedItemEndpoints.CounterpartyField, ItemSql.SealedCounterparties, ItemSql.SwapCounterparties),
        new("notify.webhook_secrets", "secret_sealed", DeliveryStore.SecretField, WebhookEndpointSql.SealedSecrets, WebhookEndpointSql.SwapSecrets),
        new("people.sessions", "address_sealed", Logins.AddressField, SessionSql.SealedAddresses, SessionSql.SwapAddresses),
        new("notify.mails", "content_sealed", Mails.Field, MailSql.SealedContents, MailSql.SwapContents),
        SealedField.OfSubjects("people.users", "email_sealed", Users.EmailField),
        SealedField.OfSubjects("people.users", "name_sealed", Users.NameField),
        SealedField.OfSubjects("people.users", "totp_sealed", Users.TotpField),
        SealedField.OfSubjects("people.users", "totp_pending_sealed", Users.TotpField),
        SealedField.OfSubjects("people.invitations", "email_sealed", Users.EmailField),
        SealedField.OfSubjects("banking.payouts", "creditor_sealed", Creditor.Field),
        SealedField.OfSubjects("audit.entries", "personal_sealed", AuditLog.PersonalField),
    ];
}
