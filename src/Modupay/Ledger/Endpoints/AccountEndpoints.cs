using Modupay.Tenancy;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;

namespace Modupay.Ledger.Endpoints;

/// <summary>An account with its balance, positive on its normal side, and what of it is free.</summary>
internal sealed record AccountView(string Id, string Code, string Name, string NormalSide, string State, MoneyView Balance, MoneyView Available, long PostedDebits, long PostedCredits,
    long PendingDebits, long PendingCredits, long Version, long? DebitLimit, long? CreditLimit, DateTimeOffset OpenedAt)
{
    public static AccountView Of(Account account) => new(account.Id.ToString(), account.Balance.Account, account.Name, account.Balance.Side == Ledger.NormalSide.Debit ? "debit" : "credit", account.State,
        MoneyView.Of(account.Balance.Balance), MoneyView.Of(account.Balance.Available), account.Balance.PostedDebits, account.Balance.PostedCredits, account.Balance.PendingDebits,
        account.Balance.PendingCredits, account.Balance.Version, account.DebitLimit, account.CreditLimit, account.OpenedAt);
}

/// <summary>A line of a statement of account: what moved it, and what caused that.</summary>
internal sealed record EntryView(string Journal, string Source, string Kind, string Description, DateOnly EffectiveOn, DateTimeOffset RecordedAt, string Layer, MoneyView Amount, MoneyView? BalanceAfter,
    long Version);

/// <summary>/v1/ledger/accounts.</summary>
internal static partial class AccountEndpoints
{
    internal sealed record OpenRequest(string Code, string Name, string Currency, string NormalSide, long? DebitLimit = null, long? CreditLimit = null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/ledger/accounts", OpenAsync).Needs(Permission.LedgerWrite).Accepts<OpenRequest>("application/json").Answers<AccountView>(StatusCodes.Status201Created, "Open a ledger account").Refuses(400, 409, 422);
        routes.MapGet("/v1/ledger/accounts", ListAsync).Needs(Permission.LedgerRead).AnswersList<AccountView>("List ledger accounts with their balances, newest first").Refuses(400, 422);
        routes.MapGet("/v1/ledger/accounts/{id}", GetAsync).Needs(Permission.LedgerRead).Answers<AccountView>(StatusCodes.Status200OK, "Read one ledger account").Refuses(404);
        routes.MapGet("/v1/ledger/accounts/{id}/entries", EntriesAsync).Needs(Permission.LedgerRead).AnswersList<EntryView>("The statement of an account, newest first; format=csv for a file").Refuses(400, 404, 422);
    }

    private static async Task<IResult> OpenAsync(Body<OpenRequest> body, HttpRequest http, Caller caller, Database database, CancellationToken ct)
    {
        var key = IdempotencyKey.Optional(http);
        if (key.Problem is { } badKey) return Reply.Refused(badKey);
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var account = Validate(body.Content.Value);
        if (account.Problem is { } refused) return Reply.Refused(refused);
        return await database.OnceAsync(caller.Tenant, key.Value, body.Fingerprint, StatusCodes.Status201Created, LedgerJson.Default.AccountView, async unit =>
        {
            if (await Accounts.FindByCodeAsync(unit, account.Value.Code, ct) is not null)
                return new Problem(Errors.InvalidRequest, "This account is already open.", [new("code", "taken", "Each code is opened once.")]);
            await LedgerDoor.OpenAccountsAsync(unit, [account.Value], ct);
            AuditLog.Record(unit, caller.Actor, AuditActions.LedgerAccountOpened, account.Value.Code, Change.Set("currency", account.Value.Currency.Code), Change.Set("normalSide", body.Content.Value.NormalSide));
            return AccountView.Of((await Accounts.FindByCodeAsync(unit, account.Value.Code, ct))!);
        }, ct);
    }

    private static Result<NewAccount> Validate(OpenRequest request)
    {
        var problems = new List<FieldProblem>();
        if (request.Code.Length > 200 || !Code().IsMatch(request.Code)) problems.Add(new("code", "invalid", "Segments of letters, digits and _ . : -, separated by slashes; at most 200 characters."));
        if (request.Name.Length > 200) problems.Add(new("name", "length", "At most 200 characters."));
        if (request.NormalSide is not ("debit" or "credit")) problems.Add(new("normalSide", "unknown", "debit or credit."));
        if (request.DebitLimit is < 0 or > Journal.LargestAmount) problems.Add(new("debitLimit", "out_of_range", "Zero or more."));
        if (request.CreditLimit is < 0 or > Journal.LargestAmount) problems.Add(new("creditLimit", "out_of_range", "Zero or more."));
        var currency = Currency.Parse(request.Currency);
        if (currency.Problem is { } unknown) problems.Add(new("currency", unknown.Error.Code, unknown.Detail));
        return problems.Count > 0
            ? new Problem(Errors.InvalidRequest, "Some values cannot be accepted.", problems)
            : new NewAccount(request.Code, request.Name, currency.Value, request.NormalSide == "debit" ? NormalSide.Debit : NormalSide.Credit, request.DebitLimit, request.CreditLimit);
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
            var debit = await Accounts.BalanceAtAsync(session, account, day, ct);
            var balance = new MoneyView(found.Balance.Side == NormalSide.Debit ? debit : -debit, found.Balance.Currency.Code);
            return AccountView.Of(found) with { Balance = balance };
        }, ct);
        return view is null ? Reply.Refused(Unknown()) : Reply.Ok(view, LedgerJson.Default.AccountView);
    }

    private static async Task<IResult> EntriesAsync(string id, HttpRequest request, Caller caller, Database database, CancellationToken ct, DateOnly? from = null, DateOnly? to = null, string? format = null)
    {
        var page = PageRequest.From(request);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        if (!Id.TryParse<LedgerAccountId>(id, out var account)) return Reply.Refused(Unknown());
        var (found, rows) = await database.ReadAsync(caller.Tenant, async session => (
            await Accounts.FindAsync(session, account, ct),
            await Accounts.EntriesAsync(session, account, page.Value.Before, from, to, page.Value.Fetch, ct)), ct);
        if (found is null) return Reply.Refused(Unknown());

        var (items, next) = page.Value.Cut(rows, row => row.Journal.Value);
        var entries = items.Select(entry => View(entry, found)).ToList();
        return format == "csv" ? Csv(entries, next) : Reply.Ok(entries, LedgerJson.Default.IReadOnlyListEntryView, next);
    }

    private static EntryView View(Entry entry, Account account)
    {
        var sign = account.Balance.Side == NormalSide.Debit ? 1 : -1;
        var currency = account.Balance.Currency.Code;
        return new(entry.Journal.ToString(), entry.Source, entry.Kind, entry.Description, entry.EffectiveOn, entry.RecordedAt, entry.Layer, new(sign * entry.Amount, currency),
            account.Shards == 1 ? new(sign * entry.After, currency) : null, entry.Version);
    }

    private static IResult Csv(List<EntryView> entries, string? next)
    {
        var text = new StringBuilder("effective_on,recorded_at,journal,source,kind,layer,amount_minor,balance_after_minor,currency,description\r\n");
        foreach (var entry in entries)
            text.AppendJoin(',', entry.EffectiveOn.ToString("yyyy-MM-dd"), entry.RecordedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"), entry.Journal, CsvReply.Cell(entry.Source), entry.Kind, entry.Layer,
                entry.Amount.Amount, entry.BalanceAfter?.Amount, entry.Amount.Currency, CsvReply.Cell(entry.Description)).Append("\r\n");
        return new CsvReply(text.ToString(), next);
    }

    private static Problem Unknown() => new(Errors.NotFound, "There is no such ledger account.");

    [GeneratedRegex("^[A-Za-z0-9_.:-]+(/[A-Za-z0-9_.:-]+)*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Code();
}
