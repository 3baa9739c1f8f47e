using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Banking.Accounts;
using Modupay.Banking.Statements.PickUp;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Banking.Statements;

/// <summary>/v1/bank-profiles/{id}/pick-up: the folder of its SFTP server from which a bank wants its statements fetched, and through which connector.</summary>
internal static partial class PickUpEndpoints
{
    /// <summary>Where a bank's statements are picked up.</summary>
    /// <param name="ConnectorId">The SFTP connector of AWS Transfer Family: <c>c-</c> and 17 hexadecimal digits. It serves one bank only.</param>
    /// <param name="RemoteDirectory">The folder at the bank: an absolute path of at most 500 characters, without <c>/</c> at its end.</param>
    /// <param name="FilePattern">Which files are wanted, from 1 to 100 characters; <c>*</c> and <c>?</c> stand for any, and all are wanted when absent.</param>
    /// <param name="Enabled"><c>false</c> fetches nothing for now; absent means <c>true</c>.</param>
    internal sealed record Request(string ConnectorId, string RemoteDirectory, string FilePattern = "*", bool Enabled = true);

    /// <summary>What to fetch again.</summary>
    /// <param name="Path">One file as it lies at the bank; all that were given up when absent.</param>
    internal sealed record RetryRequest(string? Path = null);

    private const int MostFiles = 200;
    internal static readonly string[] FileStates = ["seen", "asked", "fetched", "failed"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut("/v1/bank-profiles/{id}/pick-up", PutAsync).Needs(Permission.BankAccountsWrite).Accepts<Request>("application/json")
            .Answers<PickUpView>(StatusCodes.Status200OK, "Say where a bank's statements are picked up").Refuses(400, 404, 409, 422);
        routes.MapGet("/v1/bank-profiles/{id}/pick-up", GetAsync).Needs(Permission.BankAccountsRead)
            .Answers<PickUpView>(StatusCodes.Status200OK, "Read where a bank's statements are picked up").Refuses(404);
        routes.MapGet("/v1/bank-profiles/{id}/pick-up/files", FilesAsync).WithName("listPickUpFiles").Needs(Permission.BankAccountsRead)
            .AnswersList<PickUpFileView>("List what was seen at the bank, newest first; all on one page of 200").Refuses(404, 422)
            .Takes("state", "Only files in this state.", FileStates);
        routes.MapPost("/v1/bank-profiles/{id}/pick-up/retry", RetryAsync).WithName("retryPickUp").Needs(Permission.BankAccountsWrite).Accepts<RetryRequest>("application/json")
            .Answers<PickUpView>(StatusCodes.Status200OK, "Fetch again what was given up").Refuses(400, 404);
    }

    private static async Task<IResult> FilesAsync(string id, Caller caller, Database database, CancellationToken ct, string? state = null)
    {
        if (state is not null && !FileStates.Contains(state))
            return Reply.Refused(new Problem(Errors.InvalidRequest, "There is no such state.", [new("state", "unknown", $"One of {string.Join(", ", FileStates)}.")]));
        var files = !Id.TryParse<BankProfileId>(id, out var bank) ? null : await database.ReadAsync(caller.Tenant, async session =>
            await session.FirstAsync(PickUpSql.Find, [bank.Value], StatementPickUp.Read, ct) is null ? null : await session.ListAsync(PickUpSql.Files, [bank.Value, state, MostFiles], PickUpFileView.Read, ct), ct);
        return files is null ? Reply.Refused(Nothing()) : Reply.Ok(files, StatementsJson.Default.IReadOnlyListPickUpFileView);
    }

    /// <summary>Given up after five times, and to be tried again now that the bank has mended what was wrong. Asking twice asks once.</summary>
    private static async Task<IResult> RetryAsync(string id, Body<RetryRequest> body, Caller caller, Database database, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var changed = await database.TransactAsync<PickUpView>(caller.Tenant, async unit =>
        {
            if (!Id.TryParse<BankProfileId>(id, out var bank) || await unit.FirstAsync(PickUpSql.Find, [bank.Value], StatementPickUp.Read, ct) is not { } pickUp) return Nothing();
            var again = await unit.ExecuteAsync(PickUpSql.Retry, [bank.Value, body.Content.Value.Path], ct);
            if (again == 0 && body.Content.Value.Path is { } path && await unit.ScalarAsync<bool>(PickUpSql.IsKnown, [bank.Value, path], ct) is not true)
                return new Problem(Errors.NotFound, "No such file was seen at the bank.");
            if (again > 0) AuditLog.Record(unit, caller.Actor, AuditActions.StatementPickUpRetried, id, Change.Set("files", again.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            return await ViewAsync(unit, pickUp, ct);
        }, ct);
        return changed.Problem is { } refused ? Reply.Refused(refused) : Reply.Ok(changed.Value, StatementsJson.Default.PickUpView);
    }

    private static string? Text(bool? value) => value switch { true => "true", false => "false", _ => null };

    private static Problem Nothing() => new(Errors.NotFound, "Nothing is picked up for such a bank profile.");

    private static async Task<IResult> PutAsync(string id, Body<Request> body, Caller caller, Database database, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var request = body.Content.Value;
        if (Validate(request) is { Count: > 0 } problems) return Reply.Refused(new Problem(Errors.InvalidRequest, "Some values cannot be accepted.", problems));

        var changed = await database.TransactAsync<PickUpView>(caller.Tenant, async unit =>
        {
            // Held until the end: of two who say it at once the second replaces what the first said.
            if (!Id.TryParse<BankProfileId>(id, out var bank) || await unit.FirstAsync(PickUpSql.LockProfile, [bank.Value], row => row.GetString(0), ct) is null)
                return new Problem(Errors.NotFound, "There is no such bank profile.");
            var before = await unit.FirstAsync(PickUpSql.Find, [bank.Value], StatementPickUp.Read, ct);
            await unit.ExecuteAsync(PickUpSql.Forget, [bank.Value], ct);
            if (await unit.ExecuteAsync(PickUpSql.Insert, [bank.Value, unit.Tenant.Value, request.ConnectorId, request.RemoteDirectory, request.FilePattern, request.Enabled, unit.Now], ct) == 0)
                return new Problem(Errors.ConnectorTaken, "A connector serves one bank profile; make another one for this bank.", [new("connectorId", "taken", "Another bank profile has this connector.")]);
            // What has not come from there yet would be looked for in the wrong place; the next listing names it again if it is there.
            if (before is not null && (before.Connector, before.RemoteDirectory) != (request.ConnectorId, request.RemoteDirectory)) await unit.ExecuteAsync(PickUpSql.ForgetOpenFiles, [bank.Value], ct);
            AuditLog.Record(unit, caller.Actor, AuditActions.StatementPickUpChanged, id, new Change("connector_id", before?.Connector, request.ConnectorId), new Change("remote_directory", before?.RemoteDirectory, request.RemoteDirectory),
                new Change("file_pattern", before?.FilePattern, request.FilePattern), new Change("enabled", Text(before?.Enabled), Text(request.Enabled)));
            return await ViewAsync(unit, (await unit.FirstAsync(PickUpSql.Find, [bank.Value], StatementPickUp.Read, ct))!, ct);
        }, ct);
        return changed.Problem is { } refused ? Reply.Refused(refused) : Reply.Ok(changed.Value, StatementsJson.Default.PickUpView);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        var view = !Id.TryParse<BankProfileId>(id, out var bank) ? null : await database.ReadAsync(caller.Tenant, async session =>
            await session.FirstAsync(PickUpSql.Find, [bank.Value], StatementPickUp.Read, ct) is { } pickUp ? await ViewAsync(session, pickUp, ct) : null, ct);
        return view is null ? Reply.Refused(Nothing()) : Reply.Ok(view, StatementsJson.Default.PickUpView);
    }

    private static async Task<PickUpView> ViewAsync(Session session, StatementPickUp pickUp, CancellationToken ct)
    {
        var files = (await session.ListAsync(PickUpSql.CountFiles, [pickUp.Bank.Value], row => (State: row.GetString(0), Count: row.GetInt32(1)), ct)).ToDictionary(file => file.State, file => file.Count, StringComparer.Ordinal);
        return new(pickUp.Bank.ToString(), pickUp.Connector, pickUp.RemoteDirectory, pickUp.FilePattern, pickUp.Enabled,
            files.GetValueOrDefault("seen") + files.GetValueOrDefault("asked"), files.GetValueOrDefault("fetched"), files.GetValueOrDefault("failed"));
    }

    internal static List<FieldProblem> Validate(Request request)
    {
        var problems = new List<FieldProblem>();
        if (!ConnectorId().IsMatch(request.ConnectorId)) problems.Add(new("connectorId", "invalid", "Not the id of an SFTP connector (c- and 17 hexadecimal digits)."));
        if (!IsFolder(request.RemoteDirectory)) problems.Add(new("remoteDirectory", "invalid", "An absolute path of at most 500 characters without empty parts, . or .., and without / at its end."));
        if (request.FilePattern.Length is 0 or > 100 || request.FilePattern.Any(character => character is '/' or '\\' || char.IsControl(character)) || request.FilePattern.Contains("..", StringComparison.Ordinal))
            problems.Add(new("filePattern", "invalid", "From 1 to 100 characters of a file name; * and ? stand for any."));
        return problems;
    }

    private static bool IsFolder(string path) => path is "/" || (path.Length is > 1 and <= 500 && path[0] == '/' && !path.Any(character => character is '\\' || char.IsControl(character))
        && path[1..].Split('/').All(part => part is not ("" or "." or "..")));

    [GeneratedRegex(@"\Ac-[0-9a-f]{17}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ConnectorId();
}
