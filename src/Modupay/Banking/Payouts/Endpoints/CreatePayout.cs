using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Banking.Accounts;
using Modupay.Formats;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Banking.Payouts;

/// <summary>POST /v1/payouts. Records what is to be paid and cuts it into bank orders; the dispatcher does the sending.</summary>
internal static class CreatePayout
{
    /// <summary>What is to be paid to whom.</summary>
    /// <param name="TreasuryAccount">The own account that pays, <c>ta_…</c>.</param>
    /// <param name="Amount">How much, greater than zero, in the account's currency.</param>
    /// <param name="Creditor">Who is paid.</param>
    /// <param name="Description">For yourselves, at most 140 characters; no bank is told.</param>
    internal sealed record Request(string TreasuryAccount, MoneyView Amount, CreditorRequest Creditor, string? Description = null);

    /// <summary>Who is paid.</summary>
    /// <param name="Name">From 1 to 70 characters.</param>
    /// <param name="Iban">The account that is paid, with or without spaces.</param>
    /// <param name="Bic">Its bank's BIC (ISO 9362), where the bank asks for it.</param>
    internal sealed record CreditorRequest(string Name, string Iban, string? Bic = null);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/payouts", HandleAsync).Needs(Permission.PayoutsCreate).RequiresKey()
        .Accepts<Request>("application/json")
        .Answers<PayoutView>(StatusCodes.Status201Created, "Pay out from a treasury account")
        .Refuses(400, 409, 422);

    private static async Task<IResult> HandleAsync(Body<Request> body, HttpRequest http, Caller caller, Database database, FieldCipher cipher, CancellationToken ct)
    {
        var asked = IdempotencyKey.Required(http).And(body.Content.Then(Validate));
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var (key, order) = asked.Value;

        return await database.OnceAsync(caller.Tenant, key, body.Fingerprint, StatusCodes.Status201Created, PayoutsJson.Default.PayoutView,
            unit => CreateAsync(unit, caller.Actor, cipher, order, ct), ct);
    }

    private static async Task<Result<PayoutView>> CreateAsync(UnitOfWork unit, Actor actor, FieldCipher cipher, Order order, CancellationToken ct)
    {
        if (await BankAccounts.FindAsync(unit, order.TreasuryAccount, ct) is not { } account)
            return new Problem(Errors.TreasuryAccountUnknown, $"There is no treasury account {order.TreasuryAccount}.", [new("treasuryAccount", "unknown", "No such treasury account.")]);

        var payout = Payout.Create(account.Id.Value, order.Amount, account.OrderLimit, order.Description, unit.Time);
        if (payout.Problem is { } refused) return refused;

        var creditor = await order.Creditor.SealAsync(unit, cipher, ct);
        var stored = await PayoutChanges.InsertAsync(unit, cipher, account, payout.Value, order.Creditor, creditor, ct);
        AuditLog.Record(unit, actor, AuditActions.PayoutCreated, payout.Value.Id.ToString(), Change.Set("state", PayoutStates.Text(stored.Payout.State)), Change.Set("amount", order.Amount.ToString()),
            Change.Set("treasuryAccount", account.Id.ToString()), Change.Set("creditor", creditor.Masked));
        return PayoutView.Of(stored);
    }

    private static Result<Order> Validate(Request request)
    {
        var problems = new List<FieldProblem>();
        var amount = Money.Parse(request.Amount.Amount, request.Amount.Currency);
        if (amount.Problem is { } badAmount) problems.Add(new("amount.currency", badAmount.Error.Code, badAmount.Detail));
        if (!Id.TryParse<TreasuryAccountId>(request.TreasuryAccount, out var account)) problems.Add(new("treasuryAccount", "invalid", "Not the id of a treasury account (ta_…)."));
        if (!Iban.TryParse(request.Creditor.Iban, out var iban)) problems.Add(new("creditor.iban", "iban_invalid", "Not a valid IBAN: check the country's length and the check digits."));
        // 70 characters is what a SEPA credit transfer carries (EPC130-08, AT-P001).
        var name = Texts.Line("creditor.name", request.Creditor.Name, 70, problems);
        if (request.Creditor.Bic is { } bic && !Bics.IsWellFormed(bic)) problems.Add(new("creditor.bic", "bic_invalid", "Not a BIC (ISO 9362)."));
        if (request.Description is { } description && (description.Length > 140 || description.Any(char.IsControl)))
            problems.Add(new("description", "length", "At most 140 characters."));

        return problems.Count > 0
            ? Problem.Invalid(problems)
            : new Order(account, amount.Value, new Creditor(name, iban.Value, request.Creditor.Bic), request.Description);
    }

    private sealed record Order(TreasuryAccountId TreasuryAccount, Money Amount, Creditor Creditor, string? Description);
}
