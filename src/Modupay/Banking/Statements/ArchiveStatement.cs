using Amazon.S3;

namespace Modupay.Banking.Statements;

/// <summary>Last state: the bytes stay in the write-once archive, so the inbox copy can go.</summary>
internal sealed class ArchiveStatement(Database database, IAmazonS3 s3, StatementBuckets buckets)
{
    public async Task<StatementProgress> RunAsync(StatementProgress progress, CancellationToken ct)
    {
        await database.ExecuteAsync(progress.TenantId, StatementSql.MoveFile, [progress.FileId.Value, "archived", database.Time.GetUtcNow(), "reconciled"], ct);
        await s3.DeleteObjectAsync(buckets.Inbox, progress.InboxKey, ct);
        return progress;
    }
}
