using Amazon.S3;

namespace Modupay.Banking.Statements;

/// <summary>Where a file waits that could not be read: with the reason, visible on the API, announced as an event, its bytes safe in the archive.</summary>
internal sealed class QuarantineStatement(Database database, IAmazonS3 s3, StatementBuckets buckets)
{
    public async Task<StatementProgress> RunAsync(StatementProgress progress, CancellationToken ct)
    {
        var quarantined = await database.TransactAsync<StatementFile>(progress.TenantId, async unit =>
        {
            var file = await unit.FirstAsync(StatementSql.LockFile, [progress.FileId.Value], StatementFile.Read, ct) ?? throw new InvalidOperationException($"{progress.File} is gone.");
            // Quarantined before, or read by another run meanwhile.
            if (file.State is not "registered") return file;
            var failed = file with { State = "quarantined", FailureCode = Errors.StatementUnreadable.Code, FailureDetail = Reason(progress.Failure) };
            await unit.ExecuteAsync(StatementSql.Quarantine, [file.Id.Value, failed.FailureCode, failed.FailureDetail, unit.Now], ct);
            await StatementEvents.PublishAsync(unit, "statement.quarantined.v1", failed, ct);
            return failed;
        }, ct);
        await s3.DeleteObjectAsync(buckets.Inbox, progress.InboxKey, ct);
        _ = quarantined.Value;
        return progress;
    }

    /// <summary>Lambda puts its error document into the cause as text: {"errorMessage":…}.</summary>
    private static string Reason(StatementFailure? failure)
    {
        if (failure?.Cause is not { Length: > 0 } cause) return "The file could not be read.";
        try
        {
            using var document = System.Text.Json.JsonDocument.Parse(cause);
            return document.RootElement.TryGetProperty("errorMessage", out var message) ? message.GetString() ?? cause : cause;
        }
        catch (System.Text.Json.JsonException)
        {
            return cause;
        }
    }
}
