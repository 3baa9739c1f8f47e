using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Ledger.Endpoints;

/// <summary>An account with its balance, positive on its normal side, and what of it is free.</summary>
/// <param name="Id">Its id, <c>acc_…</c>.</param>
/// <param name="Code">What postings call it, such as <c>wallets/42</c>.</param>
/// <param name="ChartNode">The node of the chart it belongs to, such as <c>wallets</c>.</param>
/// <param name="NormalSide">On which side it grows: its balance is positive there.</param>
/// <param name="State">A <c>frozen</c> or <c>closed</c> account takes no postings.</param>
/// <param name="Balance">What was posted; positive on the normal side.</param>
/// <param name="Available">The balance less what holds would take from it.</param>
/// <param name="PostedDebits">The sum of its debits, in minor units and without a sign.</param>
/// <param name="PostedCredits">The sum of its credits, in minor units and without a sign.</param>
/// <param name="PendingDebits">What holds would debit, in minor units and without a sign.</param>
/// <param name="PendingCredits">What holds would credit, in minor units and without a sign.</param>
/// <param name="Version">How many postings it has had; a journal can ask for it in a condition.</param>
/// <param name="DebitLimit">By how much its debits, holds included, may exceed its credits, in minor units; absent for any.</param>
/// <param name="CreditLimit">By how much its credits, holds included, may exceed its debits, in minor units; absent for any.</param>
/// <param name="Flags">Which of its limits is zero.</param>
/// <param name="Metadata">What its opener wanted to find again.</param>
/// <param name="OpenedAt">When it was opened (UTC).</param>
internal sealed record AccountView(string Id, string Code, string ChartNode, string Name, string NormalSide, string State, MoneyView Balance, MoneyView Available, long PostedDebits, long PostedCredits,
    long PendingDebits, long PendingCredits, long Version, long? DebitLimit, long? CreditLimit, IReadOnlyList<string> Flags, IReadOnlyDictionary<string, string> Metadata, DateTimeOffset OpenedAt)
{
    public static AccountView Of(Account account) => new(account.Id.ToString(), account.Balance.Account, account.ChartCode, account.Name, NormalSides.Text(account.Balance.Side), account.State,
        MoneyView.Of(account.Balance.Balance), MoneyView.Of(account.Balance.Available), account.Balance.PostedDebits, account.Balance.PostedCredits, account.Balance.PendingDebits,
        account.Balance.PendingCredits, account.Balance.Version, account.DebitLimit, account.CreditLimit, AccountRules.FlagsOf(account),
        MetadataOf(account), account.OpenedAt);

    internal static Dictionary<string, string> MetadataOf(Account account) => JsonSerializer.Deserialize(account.Metadata, LedgerJson.Default.DictionaryStringString)!;
}

/// <summary>/v1/ledger/accounts: open, list, read and change.</summary>
internal static class AccountEndpoints
{
    /// <summary>An account to open.</summary>
    /// <param name="Code">What postings call it: segments of letters, digits and <c>_.:-</c>, separated by slashes, at most 200 characters. It must fit a node of the chart.</param>
    /// <param name="Name">At most 200 characters.</param>
    /// <param name="Currency">ISO 4217 code, such as <c>EUR</c>. It never changes.</param>
    /// <param name="NormalSide">On which side it grows; what the chart says when absent, which is refused where the chart leaves it open.</param>
    /// <param name="DebitLimit">By how much debits may exceed credits, in minor units, 0 or more; any when absent.</param>
    /// <param name="CreditLimit">By how much credits may exceed debits, in minor units, 0 or more; any when absent.</param>
    /// <param name="Flags">Each is a limit of zero, and wins over the limit beside it.</param>
    /// <param name="Metadata">At most 50 texts of at most 500 characters, with names of at most 40.</param>
    internal sealed record OpenRequest(string Code, string Name, string Currency, string? NormalSide = null, long? DebitLimit = null, long? CreditLimit = null,
        IReadOnlyList<string>? Flags = null, Dictionary<string, string>? Metadata = null);

    /// <summary>What is absent stays as it is.</summary>
    /// <param name="Name">At most 200 characters.</param>
    /// <param name="State"><c>open</c>, <c>frozen</c> (no postings for now) or <c>closed</c> (for an account with nothing on it).</param>
    /// <param name="Limits">Both limits at once.</param>
    /// <param name="Metadata">Replaces what was there: at most 50 texts of at most 500 characters, with names of at most 40.</param>
    internal sealed record ChangeRequest(string? Name = null, string? State = null, LimitsRequest? Limits = null, Dictionary<string, string>? Metadata = null);

    /// <summary>Both limits of an account: one that is absent is none.</summary>
    /// <param name="Debit">By how much debits may exceed credits, in minor units, 0 or more.</param>
    /// <param name="Credit">By how much credits may exceed debits, in minor units, 0 or more.</param>
    internal sealed record LimitsRequest(long? Debit = null, long? Credit = null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/ledger/accounts", OpenAsync).Needs(Permission.LedgerWrite).Accepts<OpenRequest>("application/json").Answers<AccountView>(StatusCodes.Status201Created, "Open a ledger account").Refuses(400, 409, 422);
        routes.MapGet("/v1/ledger/accounts", ListAsync).Needs(Permission.LedgerRead).AnswersList<AccountView>("List ledger accounts with their balances, newest first").Refuses(400, 422)
            .Takes("prefix", "Only accounts whose code begins so, such as `wallets/`.");
        routes.MapGet("/v1/ledger/accounts/{id}", GetAsync).Needs(Permission.LedgerRead).Answers<AccountView>(StatusCodes.Status200OK, "Read one ledger account").Refuses(404)
            .Takes("at", "Balance and posted sums as of the end of this effective day, `yyyy-MM-dd`; as of now when absent.");
        routes.MapPatch("/v1/ledger/accounts/{id}", ChangeAsync).Needs(Permission.LedgerWrite).Accepts<ChangeRequest>("application/json").Answers<AccountView>(StatusCodes.Status200OK, "Rename, limit, freeze, close or reopen a ledger account").Refuses(400, 404, 409, 422);
    }

    private static async Task<IResult> OpenAsync(Body<OpenRequest> body, HttpRequest http, Caller caller, Database database, CancellationToken ct)
    {
        var asked = IdempotencyKey.Optional(http).And(body.Content.Then(AccountRules.Check));
        if (asked.Problem is { } unacceptable) return Reply.Refused(unacceptable);
        var (key, (request, currency)) = asked.Value;
        return await database.OnceAsync(caller.Tenant, key, body.Fingerprint, StatusCodes.Status201Created, LedgerJson.Default.AccountView, async unit =>
        {
            if (await Accounts.FindByCodeAsync(unit, request.Code, ct) is not null) return Taken();
            var side = request.NormalSide is { } chosen ? NormalSides.Parse(chosen) : await Chart.SideForAsync(unit, request.Code, ct);
            if (side is null) return new Problem(Errors.InvalidRequest, "The chart leaves the side open.", [new("normalSide", "required", "debit or credit.")]);
            var account = new NewAccount(request.Code, request.Name, currency, side.Value, AccountRules.DebitLimit(request), AccountRules.CreditLimit(request))
            {
                Metadata = JsonSerializer.Serialize(request.Metadata ?? [], LedgerJson.Default.DictionaryStringString),
                Id = Id.New<LedgerAccountId>(unit.Time),
            };
            if (await Accounts.OpenAsync(unit, [account], ct) is { } refused) return refused;
            var opened = (await Accounts.FindByCodeAsync(unit, account.Code, ct))!;
            // Somebody else opened it since we looked.
            if (opened.Id != account.Id) return Taken();
            AuditLog.Record(unit, caller.Actor, AuditActions.LedgerAccountOpened, account.Code, Change.Set("currency", currency.Code), Change.Set("normalSide", NormalSides.Text(side.Value)));
            return AccountView.Of(opened);
        }, ct);
    }

    private static async Task<IResult> ChangeAsync(string id, Body<ChangeRequest> body, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<LedgerAccountId>(id, out var account)) return Reply.Refused(Unknown());
        var asked = body.Content.Then(AccountRules.Check);
        if (asked.Problem is { } unacceptable) return Reply.Refused(unacceptable);
        var request = asked.Value;
        var changed = await database.TransactAsync<Account>(caller.Tenant, async unit =>
        {
            if (await Accounts.FindAsync(unit, account, ct) is not { } found) return Unknown();
            var change = new AccountChange(request.Name, request.State, request.Metadata is { } metadata ? JsonSerializer.Serialize(metadata, LedgerJson.Default.DictionaryStringString) : null,
                request.Limits is { } limits ? new(limits.Debit, limits.Credit) : null);
            if (await Accounts.ChangeAsync(unit, account, change, ct) is { } refused) return refused;
            var after = (await Accounts.FindAsync(unit, account, ct))!;
            AuditLog.Record(unit, caller.Actor, AuditActions.LedgerAccountChanged, found.Balance.Account, new Change("name", found.Name, after.Name), new Change("state", found.State, after.State),
                new Change("debitLimit", found.DebitLimit?.ToString(), after.DebitLimit?.ToString()), new Change("creditLimit", found.CreditLimit?.ToString(), after.CreditLimit?.ToString()),
                Change.Set("metadata", ChangedKeys(found, after)));
            return after;
        }, ct);
        return changed.Problem is { } problem ? Reply.Refused(problem) : Reply.Ok(AccountView.Of(changed.Value), LedgerJson.Default.AccountView);
    }

    /// <summary>Names and no values: they may speak of a person, and the log is never erased.</summary>
    private static string? ChangedKeys(Account before, Account after)
    {
        var (old, now) = (AccountView.MetadataOf(before), AccountView.MetadataOf(after));
        var keys = old.Keys.Union(now.Keys, StringComparer.Ordinal).Where(key => old.GetValueOrDefault(key) != now.GetValueOrDefault(key)).Order(StringComparer.Ordinal).ToList();
        return keys.Count == 0 ? null : string.Join(' ', keys);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, Caller caller, Database database, CancellationToken ct, string? prefix = null)
    {
        var page = PageRequest.From(request);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        var rows = await database.ListAsync(caller.Tenant, AccountSql.Page, [caller.Tenant.Value, page.Value.Before, prefix, page.Value.Fetch], Account.Read, ct);
        var (items, next) = page.Value.Cut(rows, row => row.Id.Value);
        return Reply.Ok([.. items.Select(AccountView.Of)], LedgerJson.Default.IReadOnlyListAccountView, next);
    }

    /// <summary>With <c>at</c> the balance is that of the end of a day, by effective date.</summary>
    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct, DateOnly? at = null)
    {
        if (!Id.TryParse<LedgerAccountId>(id, out var account)) return Reply.Refused(Unknown());
        var view = await database.ReadAsync(caller.Tenant, async session =>
        {
            if (await Accounts.FindAsync(session, account, ct) is not { } found) return null;
            if (at is not { } day) return AccountView.Of(found);
            var (debits, credits) = await Accounts.BalanceAtAsync(session, account, day, ct);
            return AccountView.Of(found) with { Balance = MoneyView.Of(found.Balance.OnSide(debits - credits)), PostedDebits = debits, PostedCredits = credits };
        }, ct);
        return view is null ? Reply.Refused(Unknown()) : Reply.Ok(view, LedgerJson.Default.AccountView);
    }

    private static Problem Taken() => new(Errors.InvalidRequest, "This account is already open.", [new("code", "taken", "Each code is opened once.")]);

    internal static Problem Unknown() => new(Errors.NotFound, "There is no such ledger account.");
}
