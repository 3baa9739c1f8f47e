using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Modupay.Triggers;
using Xunit;

namespace Modupay.Tests.Lambda;

/// <summary>The samples in <c>events/triggers</c> have the shape AWS documents; what we read of them must survive being written again.</summary>
public sealed class TriggerTests
{
    private static readonly Dictionary<string, JsonTypeInfo> Envelopes = new()
    {
        ["sqs.payout-dispatch.json"] = TriggerJson.Default.SqsBatch,
        ["sqs.answer.json"] = TriggerJson.Default.SqsBatchAnswer,
        ["eventbridge.statement-arrived.json"] = TriggerJson.Default.ObjectCreatedEvent,
        ["schedule.outbox-sweep.json"] = TriggerJson.Default.ScheduledRun,
        ["workflow.register-statement.json"] = TriggerJson.Default.WorkflowTask,
    };

    // Fields AWS sends and nobody here reads.
    private static readonly string[] Ignored = ["stringListValues", "binaryListValues", "source-ip-address"];

    public static TheoryData<string> Samples => [.. Directory.GetFiles(Repository.Path("events", "triggers"), "*.json").Select(file => Path.GetFileName(file))];

    [Theory, MemberData(nameof(Samples))]
    public void Every_sample_is_read_and_written_back_without_loss(string sample)
    {
        var bytes = File.ReadAllBytes(Repository.Path("events", "triggers", sample));
        var envelope = Envelopes[sample];

        var written = JsonSerializer.SerializeToUtf8Bytes(JsonSerializer.Deserialize(bytes, envelope), envelope);

        Assert.True(JsonNode.DeepEquals(Normal(JsonNode.Parse(bytes)), Normal(JsonNode.Parse(written))), JsonNode.Parse(written)!.ToString());
    }

    [Fact]
    public void A_queue_message_knows_how_often_it_was_received_and_from_where()
    {
        var batch = JsonSerializer.Deserialize(File.ReadAllBytes(Repository.Path("events", "triggers", "sqs.payout-dispatch.json")), TriggerJson.Default.SqsBatch)!;

        Assert.Equal((2, "payout-dispatch"), (batch.Records[0].ReceiveCount, batch.Records[0].QueueName));
        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", batch.Records[0].Attribute("traceparent"));
        Assert.Null(batch.Records[1].Attribute("traceparent"));
    }

    [Theory]
    [InlineData("""{"Records":[{"messageId":"1"}]}""")]
    [InlineData("""{"records":[]}""")]
    public void A_batch_without_what_we_rely_on_is_refused_instead_of_read_as_empty(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, TriggerJson.Default.SqsBatch));

    private static JsonNode? Normal(JsonNode? node) => node switch
    {
        JsonObject thing => new JsonObject(thing.Where(field => !Ignored.Contains(field.Key)).Select(field => KeyValuePair.Create(field.Key, Normal(field.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Normal)]),
        JsonValue value when value.TryGetValue<DateTimeOffset>(out var instant) => instant.ToUnixTimeMilliseconds(),
        _ => node?.DeepClone(),
    };
}
