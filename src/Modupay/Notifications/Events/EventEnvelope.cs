using System.Text.Json;
using Npgsql;

namespace Modupay.Notifications.Events;

/// <summary>A fact as consumers get it, by webhook and by the pull API alike.</summary>
/// <param name="Id">Its id, <c>evt_…</c>.</param>
/// <param name="Type">What happened, such as <c>payout.settled.v1</c>; a new version is a new type.</param>
/// <param name="Subject">The id of the object it happened to.</param>
/// <param name="Sequence">Counts the events of one subject from 1, without a gap.</param>
/// <param name="OccurredAt">When it happened (UTC).</param>
/// <param name="Tenant">The organization in one mode, <c>ten_…</c>.</param>
/// <param name="TraceId">The trace (W3C Trace Context) it happened in, in hexadecimal.</param>
/// <param name="Data">What there is to say about it; <c>events/</c> has a schema and a sample for each type.</param>
internal sealed record EventEnvelope(string Id, string Type, string Subject, long Sequence, DateTimeOffset OccurredAt, string Tenant, string? TraceId, JsonElement Data)
{
    /// <summary>Reads id, type, subject, sequence, occurred_at, trace_id and data, from the given column on.</summary>
    public static EventEnvelope Read(TenantId tenant, NpgsqlDataReader row, int first = 0)
    {
        using var data = JsonDocument.Parse(row.GetString(first + 6));
        return new(
            new EventId(row.GetGuid(first)).ToString(), row.GetString(first + 1), row.GetString(first + 2), row.GetInt64(first + 3), row.GetFieldValue<DateTimeOffset>(first + 4),
            tenant.ToString(), row.IsDBNull(first + 5) ? null : row.GetString(first + 5), data.RootElement.Clone());
    }

    /// <summary>The same bytes whenever it is written: what was signed yesterday can be compared with what is sent today.</summary>
    public byte[] ToPayload() => JsonSerializer.SerializeToUtf8Bytes(this, NotificationsJson.Default.EventEnvelope);
}
