using System.Text.Json;
using Npgsql;

namespace Modupay.Notifications.Events;

/// <summary>A fact as consumers get it, by webhook and by the pull API alike. <c>Sequence</c> counts the facts of one subject from 1, without a gap.</summary>
/// <param name="Data">Described by the schema of <c>Type</c> in <c>events/</c>.</param>
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
