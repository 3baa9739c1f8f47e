using System.Text.RegularExpressions;
using Modupay.Audit.Endpoints;
using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;
using Modupay.Banking.Statements;
using Modupay.Http;
using Modupay.Ledger.Endpoints;
using Modupay.Notifications.Endpoints;
using Modupay.People.Endpoints;
using Modupay.Privacy;
using Modupay.Reconciliation;
using Modupay.Tenancy.Endpoints;

namespace Modupay.DatabaseTests.Schema;

/// <summary>Where a field of the API is a column, the words that the document lists are the words that its check constraint takes.</summary>
public sealed partial class ClosedSetTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const string Checks = "select conrelid::regclass || ' ' || pg_get_constraintdef(oid) from pg_constraint where contype = 'c' and pg_get_constraintdef(oid) like '%= ANY (ARRAY[%'";

    private static readonly (string Column, Type Shape, string Field)[] Columns =
    [
        ("audit.entries.actor_kind", typeof(AuditActorView), "kind"),
        ("banking.bank_statement_findings.kind", typeof(StatementFindingView), "kind"),
        ("banking.bank_statement_findings.state", typeof(StatementFindingView), "state"),
        ("banking.bank_statement_lines.state", typeof(StatementLineView), "state"),
        ("banking.bank_statement_lines.status", typeof(StatementLineView), "status"),
        ("banking.bank_statement_problems.severity", typeof(StatementProblemView), "severity"),
        ("banking.bank_statements.document", typeof(StatementView), "document"),
        ("banking.treasury_accounts.booked_by", typeof(TreasuryAccountView), "bookedBy"),
        ("banking.bank_statements.standing", typeof(StatementView), "standing"),
        ("banking.bank_statements_raw.state", typeof(StatementFileView), "state"),
        ("banking.payout_slices.state", typeof(SliceView), "state"),
        ("banking.payouts.state", typeof(PayoutView), "state"),
        ("banking.statement_pick_up_files.state", typeof(PickUpFileView), "state"),
        ("ledger.accounts.normal_side", typeof(AccountView), "normalSide"),
        ("ledger.accounts.state", typeof(AccountView), "state"),
        ("notify.webhook_deliveries.state", typeof(WebhookDelivery), "state"),
        ("notify.webhook_endpoints.disabled_reason", typeof(WebhookEndpoint), "disabledReason"),
        ("people.memberships.role", typeof(MemberEndpoints.MemberView), "role"),
        ("reconciliation.decisions.action", typeof(DecisionView), "action"),
        ("reconciliation.expected_items.kind", typeof(ExpectedItemView), "kind"),
        ("reconciliation.expected_items.state", typeof(ExpectedItemView), "state"),
        ("tenancy.data_keys.purpose", typeof(EncryptionKeyEndpoints.KeyView), "purpose"),
        ("tenancy.organizations.kind", typeof(OrganizationView), "kind"),
    ];

    [Fact]
    public async Task What_the_document_lists_is_what_the_database_takes()
    {
        var taken = (await database.LinesAsync(Checks)).Select(line => Check().Match(line)).Where(check => check.Success)
            .ToDictionary(check => $"{check.Groups["table"].Value}.{check.Groups["column"].Value}", check => Word().Matches(check.Value).Select(word => word.Groups["word"].Value).Order(StringComparer.Ordinal).ToList(), StringComparer.Ordinal);
        foreach (var (column, shape, field) in Columns)
            Assert.Equal((column, string.Join(' ', taken[column])), (column, string.Join(' ', ClosedSets.Of(shape).Single(set => set.Field == field).Words.Order(StringComparer.Ordinal))));
    }

    [GeneratedRegex(@"^(?<table>\S+) CHECK \(\((?<column>\w+) = ANY \(ARRAY\[.*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Check();

    [GeneratedRegex("'(?<word>[^']+)'::text", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
