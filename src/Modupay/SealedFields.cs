using Modupay.Audit;
using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;
using Modupay.Banking.Statements;
using Modupay.Notifications.Delivery;
using Modupay.Notifications.Endpoints;
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
        new("notify.webhook_secrets", "secret_sealed", DeliveryStore.SecretField, WebhookEndpointSql.SealedSecrets, WebhookEndpointSql.SwapSecrets),
        SealedField.OfSubjects("banking.payouts", "creditor_sealed", Creditor.Field),
        SealedField.OfSubjects("audit.entries", "personal_sealed", AuditLog.PersonalField),
    ];
}
