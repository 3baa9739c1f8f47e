using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Formats;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Banking.Statements;

/// <summary>
/// PUT /v1/bank-profiles/{id}/dialect: how that bank writes its statements, by the name of a profile that comes with the product or as a profile of its
/// own, the same JSON as the files in src/Modupay.Formats/Profiles. It serves the next file; earlier ones are read again by POST …/reparse.
/// </summary>
internal static class DefineDialect
{
    private const int LongestDefinition = 32 * 1024;

    /// <summary>How a bank writes: one of the two.</summary>
    /// <param name="Name">A profile that comes with the product, or <c>generic</c>; not read when there is a definition.</param>
    /// <param name="Definition">A profile of its own, a JSON object of at most 32 KB with a <c>name</c> of at most 60 characters.</param>
    internal sealed record Request(string? Name = null, JsonElement? Definition = null);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPut("/v1/bank-profiles/{id}/dialect", HandleAsync).Needs(Permission.BankAccountsWrite)
        .Accepts<Request>("application/json")
        .Answers<BankDialectView>(StatusCodes.Status200OK, "Say how a bank writes its statements")
        .Refuses(400, 404, 422);

    private static async Task<IResult> HandleAsync(string id, Body<Request> body, Caller caller, Database database, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var (name, definition) = (body.Content.Value.Name, body.Content.Value.Definition?.GetRawText());
        if (Check(ref name, definition) is { } invalid) return Reply.Refused(invalid);

        var changed = await database.TransactAsync<BankDialectView>(caller.Tenant, async unit =>
        {
            if (!Id.TryParse<BankProfileId>(id, out var bank) || await unit.ExecuteAsync(BankDialectSql.Define, [bank.Value, name, definition], ct) == 0)
                return new Problem(Errors.NotFound, "There is no such bank profile.");
            AuditLog.Record(unit, caller.Actor, AuditActions.BankDialectChanged, id, Change.Set("dialect", name!), Change.Set("definition", definition));
            return new BankDialectView(id, name!, definition is not null);
        }, ct);
        return changed.Problem is { } refused ? Reply.Refused(refused) : Reply.Ok(changed.Value, StatementsJson.Default.BankDialectView);
    }

    private static Problem? Check(ref string? name, string? definition)
    {
        if (definition is null)
        {
            if (name is "generic" || (name is not null && DialectProfiles.Find(name) is not null)) return null;
            return new Problem(Errors.DialectInvalid, $"One of generic, {string.Join(", ", DialectProfiles.All.Select(profile => profile.Name))}; or send a definition.");
        }
        if (definition.Length > LongestDefinition) return new Problem(Errors.DialectInvalid, "A profile has at most 32 KB.");
        try
        {
            name = DialectProfile.Parse(Encoding.UTF8.GetBytes(definition)).Name;
            return name.Length is 0 or > 60 ? new Problem(Errors.DialectInvalid, "A name has from 1 to 60 characters.") : null;
        }
        catch (FormatException exception)
        {
            return new Problem(Errors.DialectInvalid, exception.Message);
        }
    }
}
