using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Formats;
using Modupay.Http;
using Modupay.Ledger;
using Modupay.Tenancy;

namespace Modupay.Banking.Accounts;

/// <summary>An own account at a bank: what it may order at once, and what the ledger says of it.</summary>
/// <param name="Id">Its id, <c>ta_…</c>.</param>
/// <param name="Iban">The IBAN's ends; the rest is masked.</param>
/// <param name="OrderLimit">The most that is ordered at once; larger payouts are cut into several orders.</param>
/// <param name="ApprovalRequired">Whether payouts wait until somebody approves them.</param>
/// <param name="Department">The department (<c>dep_…</c>) whose members see it; absent when it belongs to none.</param>
/// <param name="Balances">What the ledger says of it now; only when one account is asked for or was made.</param>
/// <param name="BookedBy">Which of the bank's documents book: <c>statement</c> (camt.053, MT940, CSV) or <c>notification</c> (camt.054, MT942).</param>
internal sealed record TreasuryAccountView(string Id, string BankProfile, string Name, string Currency, string Iban, MoneyView OrderLimit, bool ApprovalRequired,
    string BookedBy, string? Department, DateTimeOffset CreatedAt, TreasuryBalances? Balances = null);

/// <summary>What the ledger says of an account, in minor units.</summary>
/// <param name="AtBank">As booked by the bank; positive is money on the account.</param>
/// <param name="InTransit">Ordered but not yet booked; positive is money that will leave.</param>
/// <param name="Unexplained">Booked but not yet explained; positive came in, negative went out.</param>
internal sealed record TreasuryBalances(MoneyView AtBank, MoneyView InTransit, MoneyView Unexplained);

/// <summary>/v1/treasury-accounts: the organization's own accounts, money is paid out from them.</summary>
internal static class TreasuryAccountEndpoints
{
    /// <summary>An own account to add.</summary>
    /// <param name="BankProfile">The bank, <c>bp_…</c>.</param>
    /// <param name="Name">The name of its holder as orders show it, from 1 to 70 characters.</param>
    /// <param name="Iban">A valid IBAN that is not added yet.</param>
    /// <param name="OrderLimit">The most that may be ordered at once, greater than zero; its currency is the account's.</param>
    /// <param name="ApprovalRequired">Whether payouts wait until somebody approves them; absent means <c>false</c>.</param>
    /// <param name="Department">The department (<c>dep_…</c>) whose members see it; everybody's when absent.</param>
    /// <param name="BookedBy">Which of the bank's documents book: <c>statement</c>, also when absent, or <c>notification</c>.</param>
    internal sealed record Request(string BankProfile, string Name, string Iban, MoneyView OrderLimit, bool ApprovalRequired = false, string? Department = null, string BookedBy = TreasuryAccount.Statement);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/treasury-accounts", CreateAsync).Needs(Permission.BankAccountsWrite).Accepts<Request>("application/json").Answers<TreasuryAccountView>(StatusCodes.Status201Created, "Add an own bank account").Refuses(400, 409, 422);
        routes.MapGet("/v1/treasury-accounts", ListAsync).Needs(Permission.BankAccountsRead).AnswersList<TreasuryAccountView>("List own bank accounts, newest first").Refuses(400, 422);
        routes.MapGet("/v1/treasury-accounts/{id}", GetAsync).Needs(Permission.BankAccountsRead).Answers<TreasuryAccountView>(StatusCodes.Status200OK, "Read one own bank account with its balances").Refuses(404);
    }

    private static async Task<IResult> CreateAsync(Body<Request> body, HttpRequest http, Caller caller, Database database, FieldCipher cipher, CancellationToken ct)
    {
        var asked = IdempotencyKey.Optional(http).And(body.Content.Then(Validate));
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var (key, account) = asked.Value;

        return await database.OnceAsync(caller.Tenant, key, body.Fingerprint, StatusCodes.Status201Created, BankAccountsJson.Default.TreasuryAccountView,
            unit => InsertAsync(unit, caller.Actor, cipher, account, ct), ct);
    }

    private static async Task<Result<TreasuryAccountView>> InsertAsync(UnitOfWork unit, Actor actor, FieldCipher cipher, NewAccountRequest request, CancellationToken ct)
    {
        if (await unit.FirstAsync(BankAccountSql.FindProfile, [request.BankProfile.Value], row => row.GetString(1), ct) is null)
            return new Problem(Errors.InvalidRequest, "There is no such bank.", [new("bankProfile", "unknown", "No such bank profile.")]);

        if (request.Department is { } department && !await Departments.AreActiveAsync(unit, [department], ct)) return NoDepartment();

        var hash = await cipher.LookUpHashAsync(unit.Tenant, request.Iban, ct);
        var account = new TreasuryAccount(Id.New<TreasuryAccountId>(unit.Time), request.BankProfile, request.Name, request.OrderLimit.Currency, BankAccounts.Mask(request.Iban), request.OrderLimit,
            request.ApprovalRequired, request.Department, unit.Now, await cipher.SealAsync(unit.Tenant, TreasuryAccount.IbanField, request.Iban, ct), request.BookedBy);
        var inserted = await unit.ExecuteAsync(BankAccountSql.InsertTreasuryAccount, [account.Id.Value, unit.Tenant.Value, account.BankProfile.Value, account.Name, account.Currency.Code,
            account.IbanSealed, hash, account.IbanMasked, account.OrderLimit.Minor, account.ApprovalRequired, account.Department?.Value, unit.Now, account.BookedBy], ct);
        if (inserted == 0) return new Problem(Errors.InvalidRequest, "This IBAN already is a treasury account.", [new("iban", "taken", "Each own account is added once.")]);

        await LedgerDoor.OpenAccountsAsync(unit, LedgerAccounts.Of(account), ct);
        AuditLog.Record(unit, actor, AuditActions.TreasuryAccountCreated, account.Id.ToString(), Change.Set("bankProfile", account.BankProfile.ToString()), Change.Set("name", account.Name),
            Change.Set("iban", account.IbanMasked), Change.Set("orderLimit", account.OrderLimit.ToString()), Change.Set("approvalRequired", account.ApprovalRequired ? "true" : "false"), Change.Set("bookedBy", account.BookedBy));
        return View(account, Zero(account.Currency));
    }

    private static Result<NewAccountRequest> Validate(Request request)
    {
        var problems = new List<FieldProblem>();
        if (!Id.TryParse<BankProfileId>(request.BankProfile, out var profile)) problems.Add(new("bankProfile", "invalid", "Not the id of a bank profile (bp_…)."));
        // It is the debtor's name on the order, and 70 characters is what a SEPA credit transfer carries.
        var name = Texts.Line("name", request.Name, 70, problems);
        if (!Iban.TryParse(request.Iban, out var iban)) problems.Add(new("iban", "iban_invalid", "Not a valid IBAN: check the country's length and the check digits."));
        var limit = Money.Parse(request.OrderLimit.Amount, request.OrderLimit.Currency);
        if (limit.Problem is { } badLimit) problems.Add(new("orderLimit.currency", badLimit.Error.Code, badLimit.Detail));
        else if (limit.Value.Minor <= 0) problems.Add(new("orderLimit.amount", "not_positive", "Must be greater than zero."));
        DepartmentId? department = null;
        if (request.Department is { } text)
        {
            if (Id.TryParse<DepartmentId>(text, out var named)) department = named;
            else problems.Add(new("department", "invalid", "Not the id of a department (dep_…)."));
        }
        if (!Books(request.BookedBy)) problems.Add(NoDocument());
        return problems.Count > 0
            ? Problem.Invalid(problems)
            : new NewAccountRequest(profile, name, iban.Value, limit.Value, request.ApprovalRequired, department, request.BookedBy);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<TreasuryAccountId>(id, out var account)) return Reply.Refused(Unknown());
        var view = await database.ReadAsync(caller.Tenant, async session =>
        {
            if (await BankAccounts.FindAsync(session, account, ct) is not { } found) return null;
            return View(found, new(
                await LedgerAccounts.BalanceAsync(session, found.AtBank, found.Currency, ct),
                await LedgerAccounts.BalanceAsync(session, found.InTransit, found.Currency, ct),
                await LedgerAccounts.BalanceAsync(session, found.Suspense, found.Currency, ct)));
        }, ct);
        return view is null ? Reply.Refused(Unknown()) : Reply.Ok(view, BankAccountsJson.Default.TreasuryAccountView);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, Caller caller, Database database, CancellationToken ct)
    {
        var page = PageRequest.From(request);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        var rows = await database.ListAsync(caller.Tenant, BankAccountSql.ListTreasuryAccounts, [page.Value.Before, page.Value.Fetch], TreasuryAccount.Read, ct);
        var (items, next) = page.Value.Cut(rows, row => row.Id.Value);
        return Reply.Ok([.. items.Select(item => View(item, null))], BankAccountsJson.Default.IReadOnlyListTreasuryAccountView, next);
    }

    internal static TreasuryAccountView View(TreasuryAccount account, TreasuryBalances? balances) => new(account.Id.ToString(), account.BankProfile.ToString(), account.Name, account.Currency.Code,
        account.IbanMasked, MoneyView.Of(account.OrderLimit), account.ApprovalRequired, account.BookedBy, account.Department?.ToString(), account.CreatedAt, balances);

    private static TreasuryBalances Zero(Currency currency) => new(new(0, currency.Code), new(0, currency.Code), new(0, currency.Code));

    internal static bool Books(string document) => document is TreasuryAccount.Statement or TreasuryAccount.Notification;

    internal static FieldProblem NoDocument() => new("bookedBy", "unknown", $"{TreasuryAccount.Statement} or {TreasuryAccount.Notification}.");

    internal static Problem NoDepartment() => new(Errors.InvalidRequest, "There is no such department.", [new("department", "unknown", "No such department, or it is archived.")]);

    internal static Problem Unknown() => new(Errors.NotFound, "There is no such treasury account.");

    private sealed record NewAccountRequest(BankProfileId BankProfile, string Name, string Iban, Money OrderLimit, bool ApprovalRequired, DepartmentId? Department, string BookedBy);
}
