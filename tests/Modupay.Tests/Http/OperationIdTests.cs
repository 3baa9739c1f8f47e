using Modupay.Http;
using Xunit;

namespace Modupay.Tests.Http;

public sealed class OperationIdTests
{
    [Theory]
    [InlineData("POST", "v1/payouts", false, "createPayout")]
    [InlineData("GET", "v1/payouts", true, "listPayouts")]
    [InlineData("GET", "v1/payouts/{id}", false, "getPayout")]
    [InlineData("POST", "v1/payouts/{id}/approve", false, "approvePayout")]
    [InlineData("PATCH", "v1/ledger/accounts/{id}", false, "updateLedgerAccount")]
    [InlineData("GET", "v1/ledger/accounts/{id}/entries", true, "listEntriesOfLedgerAccount")]
    [InlineData("POST", "v1/ledger/journals:batch", false, "batchLedgerJournals")]
    [InlineData("GET", "v1/statement-lines", true, "listStatementLines")]
    [InlineData("GET", "v1/statements/{id}/lines", true, "listLinesOfStatement")]
    [InlineData("GET", "v1/webhook-deliveries/{id}", false, "getWebhookDelivery")]
    [InlineData("POST", "v1/webhook-endpoints/{id}/rotate-secret", false, "rotateSecretOfWebhookEndpoint")]
    [InlineData("PUT", "v1/security-settings", false, "setSecuritySettings")]
    [InlineData("POST", "v1/auth/logout-everywhere", false, "logoutEverywhere")]
    [InlineData("GET", "v1/me", false, "getMe")]
    [InlineData("DELETE", "v1/me/sessions/{id}", false, "deleteMySession")]
    public void The_name_follows_from_method_and_path(string method, string path, bool list, string expected) => Assert.Equal(expected, OperationIds.Of(method, path, list));

    [Fact]
    public void What_no_rule_names_has_to_be_named() => Assert.Throws<InvalidOperationException>(() => OperationIds.Of("PATCH", "v1/a/{id}/b", false));
}
