using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Audit.Endpoints;

/// <summary>One sensitive action.</summary>
/// <param name="Id">Its id, <c>aud_…</c>.</param>
/// <param name="Sequence">Its place in the log, counted from 1 without a gap per organization and mode.</param>
/// <param name="At">When it was done (UTC).</param>
/// <param name="Actor">Who did it.</param>
/// <param name="Action">What was done.</param>
/// <param name="Target">What it was done to.</param>
/// <param name="Changes">Each changed field with its value before and after, personal data masked.</param>
/// <param name="Hash">The link of the chain, in hexadecimal: it covers this entry and all before it.</param>
/// <param name="Personal">What is about a person, or <c>erased</c>.</param>
internal sealed record AuditEntryView(string Id, long Sequence, DateTimeOffset At, AuditActorView Actor, string Action, AuditTargetView Target, JsonElement Changes, string Hash, string? Personal = null);

/// <summary>Who did something, and from where.</summary>
/// <param name="Kind">A program's key, a person, the platform itself, or one of its operators.</param>
/// <param name="Id"><c>key_…</c>, <c>usr_…</c>, or the name of a job.</param>
/// <param name="Address">The IP address it came from, where it was a request.</param>
/// <param name="RequestId">The request, as <c>meta.requestId</c> said.</param>
internal sealed record AuditActorView(string Kind, string Id, string? Address, string? RequestId);

/// <summary>What something was done to.</summary>
/// <param name="Type">What kind of thing it is, such as <c>payout</c>.</param>
/// <param name="Id">Its id, or another name by which it is known.</param>
internal sealed record AuditTargetView(string Type, string Id);

/// <summary>GET /v1/audit-logs and one of them: who did what, from where, and what changed.</summary>
internal static class ReadAuditLog
{
    private const string Erased = "erased";
    private static readonly string[] Formats = ["csv"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/audit-logs", ListAsync).Needs(Permission.AuditRead).AnswersList<AuditEntryView>("List what was done, newest first; format=csv for a file").Refuses(400, 422)
            .Takes("actor", "Only what was done by whom this id is of: a key (`key_…`), a person (`usr_…`) or the name of a job.")
            .Takes("action", "Only this action.", AuditActions.Names)
            .Takes("target", "Only what was done to the object of this id.")
            .Takes("from", "From this instant on, such as `2026-01-31T00:00:00Z`.")
            .Takes("to", "Before this instant.")
            .Takes("format", "`csv` answers a file; JSON when absent.", Formats);
        routes.MapGet("/v1/audit-logs/{id}", GetAsync).Needs(Permission.AuditRead).Answers<AuditEntryView>(StatusCodes.Status200OK, "Read one entry of the audit log").Refuses(404);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, Caller caller, Database database, FieldCipher cipher, CancellationToken ct,
        string? actor = null, string? action = null, string? target = null, DateTimeOffset? from = null, DateTimeOffset? to = null, string? format = null)
    {
        var page = PageRequest.From(request);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        if (action is not null && !AuditActions.All.ContainsKey(action)) return Reply.Refused(new(Errors.InvalidRequest, "There is no such action.", [new("action", "unknown", "See the list of actions.")]));
        if (format is not null && !Formats.Contains(format)) return Reply.Refused(new(Errors.InvalidRequest, "There is no such format.", [new("format", "unknown", "Only csv.")]));

        var rows = await database.ListAsync(caller.Tenant, AuditSql.Page,
            [page.Value.Before, page.Value.Fetch, actor, action, target, from?.ToUniversalTime(), to?.ToUniversalTime()], LinkedEntry.Read, ct);
        var (items, next) = page.Value.Cut(rows, row => row.Entry.Id.Value);
        if (format == "csv")
        {
            // Taking the log out of the house is itself something to know of.
            await AuditLog.RecordAloneAsync(database, caller.Tenant, caller.Actor, AuditActions.AuditLogExported, "csv", [Change.Set("entries", items.Count.ToString())], ct);
            return new CsvReply(Csv(items), next);
        }
        var views = new List<AuditEntryView>(items.Count);
        foreach (var item in items) views.Add(await ViewAsync(caller.Tenant, item, cipher, ct));
        return Reply.Ok(views, AuditJson.Default.IReadOnlyListAuditEntryView, next);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, FieldCipher cipher, CancellationToken ct)
    {
        var found = Id.TryParse<AuditEntryId>(id, out var entry) ? await database.FirstAsync(caller.Tenant, AuditSql.Find, [entry.Value], LinkedEntry.Read, ct) : null;
        return found is null
            ? Reply.Refused(new(Errors.NotFound, "There is no entry of that id."))
            : Reply.Ok(await ViewAsync(caller.Tenant, found, cipher, ct), AuditJson.Default.AuditEntryView);
    }

    private static async Task<AuditEntryView> ViewAsync(TenantId tenant, LinkedEntry linked, FieldCipher cipher, CancellationToken ct)
    {
        var entry = linked.Entry;
        using var changes = JsonDocument.Parse(entry.Changes);
        return new(entry.Id.ToString(), linked.Sequence, entry.At, new(entry.Actor.Kind, entry.Actor.Id, entry.Actor.Address, entry.Actor.RequestId), entry.Action, new(entry.TargetType, entry.TargetId),
            changes.RootElement.Clone(), Convert.ToHexStringLower(linked.Hash), entry.Personal is { } personal ? await PersonalAsync(tenant, personal, cipher, ct) : null);
    }

    private static async Task<string> PersonalAsync(TenantId tenant, PersonalData personal, FieldCipher cipher, CancellationToken ct)
    {
        try
        {
            return await cipher.OpenTextAsync(tenant, AuditLog.PersonalField, personal.Sealed, ct);
        }
        catch (ErasedException)
        {
            return Erased;
        }
    }

    /// <summary>Without personal data: a file is out of reach of an erasure.</summary>
    private static string Csv(IReadOnlyList<LinkedEntry> items)
    {
        var text = new StringBuilder("sequence,id,at,actor_kind,actor,address,request_id,action,target_type,target,changes,hash\r\n");
        foreach (var linked in items)
        {
            var entry = linked.Entry;
            text.AppendJoin(',', linked.Sequence, entry.Id, entry.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'"), entry.Actor.Kind, CsvReply.Cell(entry.Actor.Id),
                CsvReply.Cell(entry.Actor.Address ?? ""), CsvReply.Cell(entry.Actor.RequestId ?? ""), entry.Action, entry.TargetType, CsvReply.Cell(entry.TargetId), CsvReply.Cell(entry.Changes),
                Convert.ToHexStringLower(linked.Hash)).Append("\r\n");
        }
        return text.ToString();
    }
}
