using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Banking.Accounts;

/// <summary>PATCH /v1/treasury-accounts/{id}: which department it belongs to, whether its payouts wait for approval, and which of the bank's documents book on it.</summary>
internal static class ChangeTreasuryAccount
{
    /// <summary>What is absent stays as it is.</summary>
    /// <param name="Department">The department (<c>dep_…</c>) whose members see the account; an empty text takes it out of any.</param>
    /// <param name="ApprovalRequired">Whether payouts wait until somebody approves them.</param>
    /// <param name="BookedBy"><c>statement</c> or <c>notification</c>. Once a document of the account is in the books, it stays: the other kind says the same money again.</param>
    internal sealed record Request(string? Department = null, bool? ApprovalRequired = null, string? BookedBy = null);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPatch("/v1/treasury-accounts/{id}", HandleAsync).Needs(Permission.BankAccountsWrite)
        .Accepts<Request>("application/json").Answers<TreasuryAccountView>(StatusCodes.Status200OK, "Change an own bank account").Refuses(400, 404, 409, 422);

    private static async Task<IResult> HandleAsync(string id, Body<Request> body, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<TreasuryAccountId>(id, out var account)) return Reply.Refused(TreasuryAccountEndpoints.Unknown());
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var request = body.Content.Value;
        if (request.BookedBy is not null && !TreasuryAccountEndpoints.Books(request.BookedBy)) return Reply.Refused(Problem.Invalid([TreasuryAccountEndpoints.NoDocument()]));
        DepartmentId department = default;
        if (request.Department is { Length: > 0 } text && !Id.TryParse(text, out department)) return Reply.Refused(TreasuryAccountEndpoints.NoDepartment());

        var changed = await database.TransactAsync<TreasuryAccountView>(caller.Tenant, async unit =>
        {
            if (await unit.FirstAsync(BankAccountSql.FindTreasuryAccountForChange, [account.Value], TreasuryAccount.Read, ct) is not { } before) return TreasuryAccountEndpoints.Unknown();
            if (request.Department is { Length: > 0 } && !await Departments.AreActiveAsync(unit, [department], ct)) return TreasuryAccountEndpoints.NoDepartment();
            var after = before with
            {
                Department = request.Department switch { null => before.Department, "" => null, _ => department },
                ApprovalRequired = request.ApprovalRequired ?? before.ApprovalRequired,
                BookedBy = request.BookedBy ?? before.BookedBy,
            };
            if (after.BookedBy != before.BookedBy && await unit.ScalarAsync<bool>(BankAccountSql.IsBooked, [account.Value], ct) is true)
                return new Problem(Errors.AccountBooked, $"Documents of the account are in the books by {before.BookedBy}; the other kind would book the same money a second time.");
            await unit.ExecuteAsync(BankAccountSql.ChangeTreasuryAccount, [account.Value, after.Department?.Value, after.ApprovalRequired, after.BookedBy], ct);
            AuditLog.Record(unit, caller.Actor, AuditActions.TreasuryAccountUpdated, id,
                new Change("department", before.Department?.ToString(), after.Department?.ToString()),
                new Change("approvalRequired", before.ApprovalRequired ? "yes" : "no", after.ApprovalRequired ? "yes" : "no"),
                new Change("bookedBy", before.BookedBy, after.BookedBy));
            return TreasuryAccountEndpoints.View(after, null);
        }, ct);
        return Reply.Of(changed, BankAccountsJson.Default.TreasuryAccountView);
    }
}
