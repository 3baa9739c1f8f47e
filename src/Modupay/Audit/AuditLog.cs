using System.Text.Json.Nodes;
using Modupay.Formats;

namespace Modupay.Audit;

/// <summary>
/// The door of the audit log. An entry is written in the transaction of what it tells of: an action without its entry, or an entry of something
/// that did not happen, cannot exist.
/// </summary>
internal static class AuditLog
{
    /// <summary>The field name under which an entry's personal data is sealed.</summary>
    public const string PersonalField = "audit.personal";

    /// <summary>
    /// Remembers what is about to be committed. It is written with the commit, as its last statement, because everybody who acts for the tenant waits
    /// for the end of the chain: it is locked for the length of one commit, and after every other lock, so nobody waits for it in a circle.
    /// </summary>
    /// <param name="unit">The transaction of the action.</param>
    /// <param name="actor">Who does it.</param>
    /// <param name="action">What is done, of the table.</param>
    /// <param name="target">The id of what it is done to.</param>
    /// <param name="changes">What is different afterwards. Never a secret, and of personal data its masked form at most.</param>
    public static void Record(UnitOfWork unit, Actor actor, AuditAction action, string target, params ReadOnlySpan<Change> changes) =>
        Record(unit, actor, action, target, null, changes);

    /// <summary>The same, with personal data that can be read as long as the key of that person exists.</summary>
    public static void Record(UnitOfWork unit, Actor actor, AuditAction action, string target, PersonalData? personal, params ReadOnlySpan<Change> changes)
    {
        var entry = new AuditEntry(Id.New<AuditEntryId>(unit.Time), unit.Now, actor, action.Name, action.Target, target, Json(changes), personal);
        unit.AtCommit(AuditSql.Append, [entry.Id.Value, entry.At, actor.Kind, actor.Id, actor.Address, actor.RequestId, entry.Action, entry.TargetType, entry.TargetId,
            entry.Changes, personal?.Subject.Value, personal?.Sealed, AuditText.Content(unit.Tenant, entry)]);
    }

    /// <summary>Something that was refused, and is worth knowing for that: nothing else is committed, so it is a transaction of its own.</summary>
    public static Task RecordAloneAsync(Database database, TenantId tenant, Actor actor, AuditAction action, string target, Change[] changes, CancellationToken ct) =>
        database.TransactAsync<bool>(tenant, unit =>
        {
            Record(unit, actor, action, target, changes);
            return Task.FromResult<Result<bool>>(true);
        }, ct);

    private static string Json(ReadOnlySpan<Change> changes)
    {
        var json = new JsonObject();
        foreach (var change in changes)
        {
            if (change.Before == change.After) continue;
            var values = new JsonObject();
            if (change.Before is { } before) values["before"] = Masked(before);
            if (change.After is { } after) values["after"] = Masked(after);
            json[change.Field] = values;
        }
        return json.ToJsonString();
    }

    /// <summary>A log that cannot be changed is the worst place to find an account number in, and people write them into names.</summary>
    private static string Masked(string value) => Iban.TryParse(value, out var iban) ? $"{iban.Value[..4]} •••• {iban.Value[^4..]}" : value;
}

/// <summary>A field and its values as text. What was made has no value before, what was removed has none after; what stayed as it was is left out of the entry.</summary>
internal sealed record Change(string Field, string? Before, string? After)
{
    public static Change Set(string field, string? value) => new(field, null, value);
}

/// <summary>Personal data under the key of the person it is about.</summary>
internal sealed record PersonalData(SubjectId Subject, byte[] Sealed);
