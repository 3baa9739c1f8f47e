using Modupay.Audit;
using Modupay.Audit.Endpoints;
using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;
using Modupay.Banking.Statements;
using Modupay.Ledger;
using Modupay.Ledger.Endpoints;
using Modupay.Notifications;
using Modupay.Notifications.Endpoints;
using Modupay.People;
using Modupay.People.Endpoints;
using Modupay.Privacy;
using Modupay.Reconciliation;
using Modupay.Tenancy;
using Modupay.Tenancy.Endpoints;

namespace Modupay.Http;

/// <summary>The fields of the API that hold one of a few words, with the words as the code itself knows them. Read when the document is asked for.</summary>
internal static class ClosedSets
{
    private static readonly string[] Sides = Words<NormalSide>(NormalSides.Text);
    private static readonly string[] JournalKinds = Words<JournalKind>(JournalBatch.Text);
    private static readonly string[] Layers = Words<Layer>(JournalBatch.Text);
    private static readonly string[] LineStates = Words<LineState>(LineMoves.Text);
    private static readonly string[] MatchRuleNames = Words<MatchRule>(MatchRules.Text);
    private static readonly string[] RoleNames = Words<Role>(Roles.Name);
    private static readonly string[] Scopes = [.. PermissionNames.All.Select(named => named.Key)];
    private static readonly string[] EventTypesOrAny = [EventTypes.Any, .. EventTypes.All.Order(StringComparer.Ordinal)];
    private static readonly string[] Methods = [AccessToken.Method.Password, AccessToken.Method.OneTimeCode, AccessToken.Method.RecoveryCode, AccessToken.Method.Several];

    private static readonly ILookup<Type, (string Field, IReadOnlyList<string> Words)> Table = new (Type Shape, string Field, IReadOnlyList<string> Words)[]
    {
        (typeof(OrganizationView), "kind", Words<OrganizationKind>(Kind.Name)),
        (typeof(ApiKeyView), "state", ApiKeyView.States),
        (typeof(ApiKeyView), "scopes", Scopes),
        (typeof(ApiKeyEndpoints.CreateRequest), "scopes", Roles.ForKeys.Names),

        (typeof(InvitationEndpoints.InvitationView), "state", Invitation.States),
        (typeof(InvitationEndpoints.InvitationView), "role", RoleNames),
        (typeof(InvitationEndpoints.CreateRequest), "role", RoleNames),
        (typeof(AcceptEndpoints.InvitedView), "role", RoleNames),
        (typeof(MemberEndpoints.MemberView), "role", RoleNames),
        (typeof(MemberEndpoints.ChangeRequest), "role", RoleNames),
        (typeof(MeEndpoints.MeView), "role", RoleNames),
        (typeof(MeEndpoints.MeView), "permissions", Scopes),
        (typeof(MeEndpoints.MembershipView), "role", RoleNames),
        (typeof(MeEndpoints.SessionView), "methods", Methods),
        (typeof(TokensView), "role", RoleNames),
        (typeof(TokensView), "methods", Methods),

        (typeof(AuditActorView), "kind", [Actor.ApiKey, Actor.User, Actor.System, Actor.Operator]),
        (typeof(AuditEntryView), "action", AuditActions.Names),
        (typeof(EncryptionKeyEndpoints.KeyView), "purpose", [DataKeys.Seal, DataKeys.LookUp]),

        (typeof(BankProfileView), "rails", BankProfileEndpoints.Rails),
        (typeof(BankProfileEndpoints.Request), "rails", BankProfileEndpoints.Rails),
        (typeof(TreasuryAccountView), "bookedBy", [TreasuryAccount.Statement, TreasuryAccount.Notification]),
        (typeof(TreasuryAccountEndpoints.Request), "bookedBy", [TreasuryAccount.Statement, TreasuryAccount.Notification]),
        (typeof(ChangeTreasuryAccount.Request), "bookedBy", [TreasuryAccount.Statement, TreasuryAccount.Notification]),
        (typeof(PayoutView), "state", Words<PayoutState>(PayoutStates.Text)),
        (typeof(SliceView), "state", Words<SliceState>(SliceStates.Text)),

        (typeof(StatementFileView), "state", ReadStatements.FileStates),
        (typeof(StatementView), "standing", StatementView.Standings),
        (typeof(StatementView), "document", StatementView.Documents),
        (typeof(StatementLineView), "status", StatementLineView.Statuses),
        (typeof(StatementLineView), "state", LineStates),
        (typeof(StatementProblemView), "severity", StatementProblemView.Severities),
        (typeof(StatementFindingView), "kind", ReadFindings.Kinds),
        (typeof(StatementFindingView), "state", ReadFindings.States),
        (typeof(PickUpFileView), "state", PickUpEndpoints.FileStates),

        (typeof(ExpectedItemView), "kind", ExpectedItemEndpoints.Kinds),
        (typeof(ExpectedItemView), "state", ExpectedItemEndpoints.States),
        (typeof(ExpectedItemView), "direction", ExpectedItemEndpoints.Directions),
        (typeof(ExpectedItemEndpoints.Request), "direction", ExpectedItemEndpoints.Directions),
        (typeof(ReconciledLineView), "state", LineStates),
        (typeof(DecisionView), "action", DecisionView.Actions),
        (typeof(DecisionView), "from", LineStates),
        (typeof(DecisionView), "to", LineStates),
        (typeof(MatchView), "rule", [.. MatchRuleNames, MatchRules.Person]),
        (typeof(RuleView), "rule", MatchRuleNames),
        (typeof(RuleCountView), "rule", MatchRuleNames),
        (typeof(ProposalView), "rule", MatchRuleNames),
        (typeof(RunEndpoints.Request), "mode", RunEndpoints.Modes),
        (typeof(RunView), "mode", RunEndpoints.Modes),

        (typeof(AccountView), "normalSide", Sides),
        (typeof(AccountView), "state", AccountRules.States),
        (typeof(AccountView), "flags", AccountRules.Flags),
        (typeof(AccountEndpoints.OpenRequest), "normalSide", Sides),
        (typeof(AccountEndpoints.OpenRequest), "flags", AccountRules.Flags),
        (typeof(AccountEndpoints.ChangeRequest), "state", AccountRules.States),
        (typeof(ChartEndpoints.NodeRequest), "normalSide", Sides),
        (typeof(ChartEndpoints.NodeView), "normalSide", Sides),
        (typeof(EntryView), "kind", JournalKinds),
        (typeof(EntryView), "layer", Layers),
        (typeof(JournalView), "kind", JournalKinds),
        (typeof(PostingView), "layer", Layers),
        (typeof(TrialBalanceLine), "normalSide", Sides),

        (typeof(CreateWebhookEndpoint.Request), "eventTypes", EventTypesOrAny),
        (typeof(ChangeWebhookEndpoint.Request), "eventTypes", EventTypesOrAny),
        (typeof(ChangeWebhookEndpoint.Request), "state", WebhookEndpoint.States),
        (typeof(WebhookEndpoint), "eventTypes", EventTypesOrAny),
        (typeof(WebhookEndpoint), "state", WebhookEndpoint.States),
        (typeof(WebhookEndpoint), "disabledReason", WebhookEndpoint.DisabledReasons),
        (typeof(WebhookDelivery), "state", WebhookDelivery.States),
        (typeof(ReplayWebhooks.Request), "include", ReplayWebhooks.Includes),
    }.ToLookup(row => row.Shape, row => (row.Field, row.Words));

    public static IEnumerable<(string Field, IReadOnlyList<string> Words)> Of(Type shape) => Table[shape];

    private static string[] Words<T>(Func<T, string> text) where T : struct, Enum => [.. Enum.GetValues<T>().Select(text)];
}
