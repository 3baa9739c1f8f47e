using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.S3;
using Modupay.Reconciliation;
using Modupay.Tenancy;
using Modupay.Triggers;

namespace Modupay.Banking.Statements;

/// <summary>
/// The states of statement-ingestion.asl.json. State name, class name and file name are the same word. Every task may run twice, at the same
/// time or a day later, and leaves the same result.
/// </summary>
internal sealed class StatementTasks(Database database, IAmazonS3 s3, FieldCipher cipher, StatementBuckets buckets)
{
    public Task<StatementProgress> HandleAsync(WorkflowTask task, CancellationToken ct) => task.State switch
    {
        nameof(RegisterStatement) => new RegisterStatement(database, s3, buckets).RunAsync(task.Input.Deserialize(TriggerJson.Default.ObjectCreatedEvent)!, ct),
        nameof(ParseStatement) => new ParseStatement(database, s3, cipher, buckets).RunAsync(Progress(task), ct),
        nameof(StoreStatement) => new StoreStatement(database).RunAsync(Progress(task), ct),
        nameof(ReconcileStatement) => new ReconcileStatement(database, cipher).RunAsync(Progress(task), ct),
        nameof(ArchiveStatement) => new ArchiveStatement(database, s3, buckets).RunAsync(Progress(task), ct),
        nameof(QuarantineStatement) => new QuarantineStatement(database, s3, buckets).RunAsync(Progress(task), ct),
        _ => throw new InvalidOperationException($"No task is called {task.State}."),
    };

    private static StatementProgress Progress(WorkflowTask task) => task.Input.Deserialize(StatementTasksJson.Default.StatementProgress)!;
}

/// <summary>Where files arrive, and where their bytes are kept write-once. A function is told of the buckets it may use, so each name is read when it is needed.</summary>
internal sealed class StatementBuckets(Settings settings)
{
    public string Inbox => settings.Bucket("statement-inbox");
    public string Archive => settings.Bucket("statement-archive");
}

/// <summary>What travels from state to state: references, never contents. <c>Failure</c> is what a Catch adds.</summary>
/// <param name="Unfinished">The slice of work was used up before the file was; the same state goes on.</param>
/// <param name="Again">The file was read before, so its arrival is no news.</param>
/// <param name="TakenInTo">The last line that was taken in, when there are more.</param>
/// <param name="Rules">How far the rules have come, when everything is taken in.</param>
internal sealed record StatementProgress(string Tenant, string File, string InboxKey, bool Duplicate, bool Unfinished = false, bool Again = false, Guid? TakenInTo = null, RulesPlace? Rules = null, int? Lines = null, int? Matched = null, int? Unmatched = null, StatementFailure? Failure = null)
{
    [JsonIgnore]
    public TenantId TenantId => Id.TryParse<TenantId>(Tenant, out var id) ? id : throw new InvalidOperationException($"{Tenant} is not a tenant.");

    [JsonIgnore]
    public StatementFileId FileId => Id.TryParse<StatementFileId>(File, out var id) ? id : throw new InvalidOperationException($"{File} is not a statement file.");
}

/// <summary>The error name and cause as Step Functions writes them.</summary>
internal sealed record StatementFailure([property: JsonPropertyName("Error")] string Error, [property: JsonPropertyName("Cause")] string? Cause);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StatementProgress))]
internal sealed partial class StatementTasksJson : JsonSerializerContext;
