using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Banking.Accounts;
using Modupay.Formats;
using Modupay.Http;
using Modupay.Ledger;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <summary>What should appear on a statement. Amounts carry no sign; <c>direction</c> says where the money goes.</summary>
/// <param name="Id">Its id, <c>xi_…</c>.</param>
/// <param name="Kind">A bank order of a payout (<c>slice</c>), or what was announced (<c>expected</c>).</param>
/// <param name="State"><c>open</c> until a line settles some of it; <c>canceled</c> when it is expected no more.</param>
/// <param name="Direction">Whether the money comes in or goes out.</param>
/// <param name="Amount">How much is expected.</param>
/// <param name="OpenAmount">How much of it no line has settled yet.</param>
/// <param name="DueOn">The day it should be booked on.</param>
/// <param name="Overdue">Whether its day has passed with some of it open; found out once an hour.</param>
/// <param name="LedgerAccount">The code of the ledger account where the money belongs.</param>
/// <param name="TreasuryAccount">The account it should appear on (<c>ta_…</c>); any of the currency when absent.</param>
/// <param name="Slice">The bank order (<c>sl_…</c>), where it is one.</param>
/// <param name="Reference">What the organization calls it.</param>
/// <param name="RfReference">The ISO 11649 reference it is paid with, <c>RF…</c>.</param>
/// <param name="EndToEndId">The end-to-end id it is paid with.</param>
/// <param name="BankReference">What the bank calls it.</param>
/// <param name="BatchId">What it is booked together with.</param>
/// <param name="CounterpartyAccount">The other account's number, masked.</param>
/// <param name="Metadata">What was sent with it.</param>
internal sealed record ExpectedItemView(string Id, string Kind, string State, string Direction, MoneyView Amount, MoneyView OpenAmount, DateOnly DueOn, bool Overdue, string LedgerAccount,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string? TreasuryAccount = null, string? Slice = null, string? Reference = null, string? RfReference = null, string? EndToEndId = null,
    string? BankReference = null, string? BatchId = null, string? CounterpartyAccount = null, IReadOnlyDictionary<string, string>? Metadata = null)
{
    public static ExpectedItemView Of(ExpectedItem item) => new(item.Id.ToString(), item.Kind is ItemKind.Slice ? "slice" : "expected", item.State, item.Amount.Minor > 0 ? "in" : "out",
        new(Math.Abs(item.Amount.Minor), item.Amount.Currency.Code), new(Math.Abs(item.Open.Minor), item.Amount.Currency.Code), item.DueOn, item.OverdueAt is not null && item.Open.Minor != 0,
        item.LedgerAccount, item.CreatedAt, item.UpdatedAt, item.Account?.ToString(), item.Slice?.ToString(), item.Reference, item.RfReference, item.EndToEndId, item.BankReference, item.BatchId,
        item.CounterpartyMasked, item.Metadata is null ? null : JsonSerializer.Deserialize(item.Metadata, ReconciliationJson.Default.DictionaryStringString));
}

/// <summary>/v1/expected-items: invoices, payouts of providers, fees: whatever should appear on a statement, so that a line can be recognised as it.</summary>
internal static class ExpectedItemEndpoints
{
    internal const string CounterpartyField = "expected_item.counterparty";
    internal static readonly string[] States = ["open", "partially_settled", "settled", "canceled"];
    internal static readonly string[] Kinds = ["slice", "expected"];
    internal static readonly string[] Directions = ["in", "out"];

    /// <summary>What should appear on a statement.</summary>
    /// <param name="Direction">Whether the money comes in or goes out.</param>
    /// <param name="Amount">How much, greater than zero; <c>direction</c> is its sign.</param>
    /// <param name="DueOn">The day it should be booked on, <c>yyyy-MM-dd</c>; today (UTC) when absent.</param>
    /// <param name="TreasuryAccount">The account it should appear on (<c>ta_…</c>), of the amount's currency; any when absent.</param>
    /// <param name="Reference">What you call it, such as the number of an invoice; at most 140 characters.</param>
    /// <param name="RfReference">The ISO 11649 reference it is paid with, <c>RF…</c>; the surest way to recognise it.</param>
    /// <param name="EndToEndId">The end-to-end id it is paid with, at most 35 characters.</param>
    /// <param name="BankReference">What the bank calls it, at most 70 characters.</param>
    /// <param name="BatchId">What it is booked together with: items of one batch may come as one line. At most 70 characters.</param>
    /// <param name="Counterparty">Who pays, or is paid.</param>
    /// <param name="LedgerAccount">The code of an open ledger account where the money belongs; <c>expected/</c> and the currency when absent.</param>
    /// <param name="Metadata">At most 20 texts of at most 500 characters, with names of at most 40; shown again, never looked at.</param>
    internal sealed record Request(string Direction, MoneyView Amount, DateOnly? DueOn = null, string? TreasuryAccount = null, string? Reference = null, string? RfReference = null,
        string? EndToEndId = null, string? BankReference = null, string? BatchId = null, CounterpartyRequest? Counterparty = null, string? LedgerAccount = null,
        Dictionary<string, string>? Metadata = null);

    /// <summary>Who pays, or is paid. Kept sealed.</summary>
    /// <param name="Name">At most 140 characters.</param>
    /// <param name="Iban">A valid IBAN.</param>
    internal sealed record CounterpartyRequest(string? Name = null, string? Iban = null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/expected-items", CreateAsync).Needs(Permission.ReconciliationWrite).Accepts<Request>("application/json")
            .Answers<ExpectedItemView>(StatusCodes.Status201Created, "Announce what should appear on a statement").Refuses(400, 409, 422);
        routes.MapGet("/v1/expected-items", ListAsync).Needs(Permission.ReconciliationRead).AnswersList<ExpectedItemView>("List expected items, newest first").Refuses(400, 422)
            .Takes("state", "Only items in this state.", States)
            .Takes("overdue", "`true`: only what is overdue; `false`: only what is not.")
            .Takes("direction", "Only money that should come in, or go out.", Directions)
            .Takes("treasuryAccount", "Only items expected on this account (`ta_…`).")
            .Takes("reference", "Only items with exactly this `reference`.")
            .Takes("kind", "Only bank orders (`slice`), or only what was announced (`expected`).", Kinds);
        routes.MapGet("/v1/expected-items/{id}", GetAsync).Needs(Permission.ReconciliationRead).Answers<ExpectedItemView>(StatusCodes.Status200OK, "Read one expected item").Refuses(404);
        routes.MapPost("/v1/expected-items/{id}/cancel", CancelAsync).Needs(Permission.ReconciliationWrite)
            .Answers<ExpectedItemView>(StatusCodes.Status200OK, "Stop expecting an item that no line has touched").Refuses(400, 404, 409, 422);
    }

    private static async Task<IResult> CreateAsync(Body<Request> body, HttpRequest http, Caller caller, Database database, FieldCipher cipher, CancellationToken ct)
    {
        var key = IdempotencyKey.Optional(http);
        if (key.Problem is { } badKey) return Reply.Refused(badKey);
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var valid = Validate(body.Content.Value);
        if (valid.Problem is { } refused) return Reply.Refused(refused);
        return await database.OnceAsync(caller.Tenant, key.Value, body.Fingerprint, StatusCodes.Status201Created, ReconciliationJson.Default.ExpectedItemView,
            unit => InsertAsync(unit, cipher, body.Content.Value, valid.Value, ct), ct);
    }

    private static async Task<Result<ExpectedItemView>> InsertAsync(UnitOfWork unit, FieldCipher cipher, Request request, Valid valid, CancellationToken ct)
    {
        if (valid.Account is { } account)
        {
            if (await BankAccounts.FindAsync(unit, account, ct) is not { } treasury) return new Problem(Errors.TreasuryAccountUnknown, $"There is no treasury account {account}.");
            if (treasury.Currency != valid.Amount.Currency) return new Problem(Errors.CurrencyMismatch, $"The treasury account holds {treasury.Currency}.");
        }
        var ledgerAccount = await LedgerAccountAsync(unit, request.LedgerAccount, valid.Amount.Currency, ct);
        if (ledgerAccount.Problem is { } refused) return refused;

        var item = new NewItem(Id.New<ExpectedItemId>(unit.Time), ItemKind.Expected, null, valid.Account, valid.Amount, request.DueOn ?? DateOnly.FromDateTime(unit.Now.UtcDateTime), ledgerAccount.Value)
        {
            Reference = request.Reference,
            RfReference = valid.RfReference,
            EndToEndId = request.EndToEndId?.Trim(),
            BankReference = request.BankReference?.Trim(),
            BatchId = request.BatchId?.Trim(),
            CounterpartySealed = request.Counterparty is { } party ? await cipher.SealAsync(unit.Tenant, CounterpartyField, $"{party.Name}\n{valid.Iban}", ct) : null,
            CounterpartyMasked = valid.Iban is null ? null : BankAccounts.Mask(valid.Iban),
            Keys = await new CounterpartyKeyring(cipher, unit.Tenant).OfAsync(request.Counterparty?.Name, valid.Iban, ct),
            Metadata = request.Metadata is null ? null : JsonSerializer.Serialize(request.Metadata, ReconciliationJson.Default.DictionaryStringString),
        };
        await NewItem.InsertAsync(unit, [item], ct);
        return ExpectedItemView.Of((await unit.ListAsync(ItemSql.Find, [new[] { item.Id.Value }], ExpectedItem.Read, ct))[0]);
    }

    private static async Task<Result<string>> LedgerAccountAsync(UnitOfWork unit, string? code, Currency currency, CancellationToken ct)
    {
        if (code is null)
        {
            await LedgerDoor.OpenAccountsAsync(unit, [MatchAccounts.Expected(currency)], ct);
            return MatchAccounts.Expected(currency).Code;
        }
        if (await LedgerDoor.BalanceAsync(unit, code, ct) is not { } account) return new Problem(Errors.AccountUnknown, "There is no such ledger account.", [new("ledgerAccount", "unknown", "Open it first.")]);
        return account.Currency == currency ? code : new Problem(Errors.CurrencyMismatch, $"The ledger account holds {account.Currency}.", [new("ledgerAccount", "mismatch", $"Must hold {currency}.")]);
    }

    private static Result<Valid> Validate(Request request)
    {
        var problems = new List<FieldProblem>();
        if (!Directions.Contains(request.Direction)) problems.Add(new("direction", "invalid", "in or out."));
        var amount = Money.Parse(request.Amount.Amount, request.Amount.Currency);
        if (amount.Problem is { } badAmount) problems.Add(new("amount.currency", badAmount.Error.Code, badAmount.Detail));
        else if (amount.Value.Minor is <= 0 or > Journal.LargestAmount) problems.Add(new("amount.amount", "not_positive", "Must be greater than zero, and a possible amount."));
        TreasuryAccountId account = default;
        if (request.TreasuryAccount is { } text && !Id.TryParse(text, out account)) problems.Add(new("treasuryAccount", "invalid", "Not the id of a treasury account (ta_…)."));
        RfReference rf = default;
        if (request.RfReference is { } reference && !RfReference.TryParse(reference, out rf)) problems.Add(new("rfReference", "invalid", "Not an ISO 11649 reference: check the check digits."));
        Iban iban = default;
        if (request.Counterparty?.Iban is { } ibanText && !Iban.TryParse(ibanText, out iban)) problems.Add(new("counterparty.iban", "iban_invalid", "Not a valid IBAN: check the country's length and the check digits."));
        foreach (var (field, value, most) in new[] { ("reference", request.Reference, 140), ("endToEndId", request.EndToEndId, 35), ("bankReference", request.BankReference, 70), ("batchId", request.BatchId, 70),
            ("counterparty.name", request.Counterparty?.Name, 140) })
            if (value is not null && (value.Trim().Length == 0 || value.Length > most || value.Any(char.IsControl))) problems.Add(new(field, "length", $"From 1 to {most} characters."));
        if (request.Metadata is { } metadata && (metadata.Count > 20 || metadata.Any(pair => pair.Key.Length is 0 or > 40 || pair.Value is null || pair.Value.Length > 500)))
            problems.Add(new("metadata", "length", "At most 20 entries, with keys of up to 40 and values of up to 500 characters."));
        if (problems.Count > 0) return new Problem(Errors.InvalidRequest, "Some values cannot be accepted.", problems);
        return new Valid(request.Direction == "in" ? amount.Value : -amount.Value, request.TreasuryAccount is null ? null : account, request.RfReference is null ? null : rf.Value,
            request.Counterparty?.Iban is null ? null : iban.Value);
    }

    private static async Task<IResult> CancelAsync(string id, HttpRequest http, Caller caller, Database database, CancellationToken ct)
    {
        var key = IdempotencyKey.Optional(http);
        if (key.Problem is { } badKey) return Reply.Refused(badKey);
        if (!Id.TryParse<ExpectedItemId>(id, out var itemId)) return Reply.Refused(Unknown());
        return await database.OnceAsync<ExpectedItemView>(caller.Tenant, key.Value, Fingerprint.Of(http, []), StatusCodes.Status200OK, ReconciliationJson.Default.ExpectedItemView, async unit =>
        {
            if (await unit.FirstAsync(ItemSql.Lock, [itemId.Value], ExpectedItem.Read, ct) is not { } item) return Unknown();
            if (item.State == "canceled") return ExpectedItemView.Of(item);
            if (item.Kind is ItemKind.Slice) return new Problem(Errors.ExpectedItemState, $"{id} is a bank order: it is expected until the bank refuses it or a statement proves it.");
            if (item.State != "open") return new Problem(Errors.ExpectedItemState, $"{id} is {item.State}. Undo its matches first.");
            await unit.ExecuteAsync(ItemSql.Cancel, [itemId.Value, DateOnly.FromDateTime(unit.Now.UtcDateTime), unit.Now], ct);
            return ExpectedItemView.Of(item with { State = "canceled", Open = Money.Zero(item.Open.Currency), UpdatedAt = unit.Now });
        }, ct);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<ExpectedItemId>(id, out var item)) return Reply.Refused(Unknown());
        return await database.FirstAsync(caller.Tenant, ItemSql.Find, [new[] { item.Value }], ExpectedItem.Read, ct) is { } found
            ? Reply.Ok(ExpectedItemView.Of(found), ReconciliationJson.Default.ExpectedItemView)
            : Reply.Refused(Unknown());
    }

    private static async Task<IResult> ListAsync(HttpRequest request, Caller caller, Database database, CancellationToken ct, string? state = null, bool? overdue = null, string? direction = null,
        string? treasuryAccount = null, string? reference = null, string? kind = null)
    {
        var page = PageRequest.From(request);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        TreasuryAccountId account = default;
        if (state is not null && !States.Contains(state)) return Bad("state", $"One of {string.Join(", ", States)}.");
        if (direction is not null && !Directions.Contains(direction)) return Bad("direction", "in or out.");
        if (kind is not null && !Kinds.Contains(kind)) return Bad("kind", "slice or expected.");
        if (treasuryAccount is not null && !Id.TryParse(treasuryAccount, out account)) return Bad("treasuryAccount", "Not the id of a treasury account (ta_…).");
        var rows = await database.ListAsync(caller.Tenant, ItemSql.List,
            [caller.Tenant.Value, page.Value.Before, page.Value.Fetch, state, overdue, direction is null ? null : direction == "in", treasuryAccount is null ? null : account.Value, reference, kind],
            ExpectedItem.Read, ct);
        var (items, next) = page.Value.Cut(rows, row => row.Id.Value);
        return Reply.Ok([.. items.Select(ExpectedItemView.Of)], ReconciliationJson.Default.IReadOnlyListExpectedItemView, next);
    }

    private static Reply Bad(string field, string message) => Reply.Refused(new Problem(Errors.InvalidRequest, "Some values cannot be accepted.", [new(field, "invalid", message)]));

    private static Problem Unknown() => new(Errors.NotFound, "There is no such expected item.");

    private sealed record Valid(Money Amount, TreasuryAccountId? Account, string? RfReference, string? Iban);
}
