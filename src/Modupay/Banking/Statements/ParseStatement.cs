using Amazon.S3;
using Modupay.Formats;
using Modupay.Tenancy;

namespace Modupay.Banking.Statements;

/// <summary>
/// Second state: bytes become lines. The file is read once from start to end in bounded memory, into one transaction, so that a run that dies
/// leaves nothing and its repetition starts clean.
/// </summary>
internal sealed class ParseStatement(Database database, IAmazonS3 s3, FieldCipher cipher, StatementBuckets buckets)
{
    public async Task<StatementProgress> RunAsync(StatementProgress progress, CancellationToken ct)
    {
        var parsed = await database.TransactAsync<int>(progress.TenantId, async unit =>
        {
            var file = await unit.FirstAsync(StatementSql.LockFile, [progress.FileId.Value], StatementFile.Read, ct) ?? throw new InvalidOperationException($"{progress.File} is gone.");
            if (file.State is not ("registered" or "parsed")) return file.Lines ?? 0;

            await unit.ExecuteAllAsync([(StatementSql.DeleteProblems, [file.Id.Value]), (StatementSql.DeleteStatements, [file.Id.Value])], ct);
            using var stored = await s3.GetObjectAsync(buckets.Archive, file.ObjectKey, ct);
            var writer = new StatementWriter(unit, cipher, file);
            var summary = await Formats.StatementFile.ReadAsync(stored.ResponseStream, writer, ReadOptions.Default, ct);
            await writer.FlushAsync(ct);
            if (writer.Statements == 0) throw new LambdaError("Statement.Unreadable", writer.FirstProblem ?? "The file holds no bank statement.");

            await unit.ExecuteAsync(StatementSql.FinishParsing,
                [file.Id.Value, summary.Format, writer.Statements, writer.Lines, (int)Math.Round((decimal)summary.Coverage * 1_000_000m), unit.Now], ct);
            return writer.Lines;
        }, ct);
        return progress with { Lines = parsed.Value };
    }
}
