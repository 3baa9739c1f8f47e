using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Banking.Payouts;
using Modupay.Formats;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Privacy;

/// <summary>
/// POST /v1/data-subjects/erase. Destroys the key of one person: whatever was sealed for them becomes unreadable everywhere at once, and the ledger, the
/// payouts and the audit log stay as they are.
/// </summary>
internal static class EraseDataSubject
{
    /// <summary>By the account number they were paid to, or by the id that an earlier answer or an audit entry gave.</summary>
    /// <param name="Iban">The account number they were paid to; either this or <c>id</c>.</param>
    /// <param name="Id">The person, <c>sub_…</c>; either this or <c>iban</c>.</param>
    internal sealed record Request(string? Iban = null, string? Id = null);

    /// <summary>A person whose data was erased.</summary>
    /// <param name="Id">The person, <c>sub_…</c>.</param>
    /// <param name="ErasedAt">When the key of their data was destroyed (UTC).</param>
    /// <param name="Payouts">How many payouts show no creditor any more; 0 when they were erased before.</param>
    internal sealed record Response(string Id, DateTimeOffset ErasedAt, int Payouts);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/data-subjects/erase", HandleAsync).Needs(Permission.EncryptionManage)
        .Accepts<Request>("application/json").Answers<Response>(StatusCodes.Status200OK, "Erase a person by destroying the key of their data").Refuses(400, 404, 409, 422);

    private static async Task<IResult> HandleAsync(Body<Request> body, HttpRequest http, Caller caller, Database database, FieldCipher cipher, CancellationToken ct)
    {
        var asked = IdempotencyKey.Optional(http).And(body.Content.Then(Validate));
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var (key, reference) = asked.Value;

        SubjectId? erased = null;
        var answer = await database.OnceAsync(caller.Tenant, key, body.Fingerprint, StatusCodes.Status200OK, PrivacyJson.Default.EraseDataSubjectResponse, async unit =>
        {
            var result = await EraseAsync(unit, caller.Actor, cipher, reference, ct);
            if (result.Problem is null) erased = reference.Id ?? (Id.TryParse<SubjectId>(result.Value.Id, out var id) ? id : null);
            return result;
        }, ct);
        // Only after the commit: until then the key is still good.
        if (erased is { } gone) cipher.Forget(caller.Tenant, gone);
        return answer;
    }

    private static async Task<Result<Response>> EraseAsync(UnitOfWork unit, Actor actor, FieldCipher cipher, Reference reference, CancellationToken ct)
    {
        var found = reference.Id is { } id
            ? await DataSubjects.LockAsync(unit, id, ct)
            : await DataSubjects.LockAsync(unit, cipher, DataSubjects.Counterparty, reference.Iban!, ct);
        if (found is null) return new Problem(Errors.NotFound, "We know nobody of that reference, or they were erased before.");
        if (found.ErasedAt is { } at) return new Response(found.Id.ToString(), at, 0);
        if (await CreditorErasure.OpenPayoutAsync(unit, found.Id, ct) is { } open)
            return new Problem(Errors.DataSubjectInUse, $"{open} has not ended. Cancel it, or wait until the bank has booked it.");

        var payouts = await CreditorErasure.EraseAsync(unit, found.Id, ct);
        await DataSubjects.EraseAsync(unit, found.Id, ct);
        AuditLog.Record(unit, actor, AuditActions.DataSubjectErased, found.Id.ToString(), Change.Set("payouts", payouts.ToString()));
        return new Response(found.Id.ToString(), unit.Now, payouts);
    }

    private static Result<Reference> Validate(Request request)
    {
        if ((request.Iban is null) == (request.Id is null)) return Problem.Invalid("iban", "one_of", "Either iban or id.");
        if (request.Iban is not null) return Iban.TryParse(request.Iban, out var iban) ? new Reference(null, iban.Value) : Problem.Invalid("iban", "iban_invalid", "Not a valid IBAN.");
        return Id.TryParse<SubjectId>(request.Id, out var id) ? new Reference(id, null) : Problem.Invalid("id", "invalid", "Not the id of a data subject (sub_…).");
    }

    private sealed record Reference(SubjectId? Id, string? Iban);
}
