using System.Text.Json;
using System.Text.Json.Nodes;

namespace Modupay.Local.Runtime;

/// <summary>
/// Which messages of a batch have to come again, by the rules of <c>ReportBatchItemFailures</c> in the Lambda documentation: nothing or an
/// empty list is success; an answer that does not make sense fails the whole batch, because believing it could lose messages.
/// </summary>
internal sealed record BatchVerdict(IReadOnlySet<string> Failed, string? Trouble)
{
    public static BatchVerdict Read(InvocationResult result, IReadOnlyList<string> messageIds)
    {
        if (result.Error is { } error) return Whole($"{error.Type}: {error.Message}");
        if (result.Payload.IsEmpty) return Success;
        try
        {
            return JsonNode.Parse(result.Payload.Span) switch
            {
                null => Success,
                JsonObject answer => Listed(answer["batchItemFailures"], messageIds),
                _ => Whole("the answer is no JSON object"),
            };
        }
        catch (JsonException)
        {
            return Whole("the answer is not JSON");
        }

        BatchVerdict Whole(string trouble) => new(messageIds.ToHashSet(StringComparer.Ordinal), trouble);
    }

    private static readonly BatchVerdict Success = new(new HashSet<string>(StringComparer.Ordinal), null);

    private static BatchVerdict Listed(JsonNode? failures, IReadOnlyList<string> messageIds)
    {
        if (failures is null) return Success;
        var all = messageIds.ToHashSet(StringComparer.Ordinal);
        if (failures is not JsonArray list) return new(all, "batchItemFailures is no list");

        var failed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in list)
        {
            if (item is not JsonObject failure || failure["itemIdentifier"] is not JsonValue value || !value.TryGetValue<string>(out var id) || !all.Contains(id))
                return new(all, "batchItemFailures names something that is not in the batch");
            failed.Add(id);
        }

        return new(failed, failed.Count == 0 ? null : $"{failed.Count} of {all.Count} messages were not finished");
    }
}
