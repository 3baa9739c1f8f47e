using Amazon.S3;
using Modupay.Formats;
using Modupay.Tenancy;

namespace Modupay.Banking.Statements;

/// <summary>
/// Second state: bytes become lines, in slices. One invocation stores what it can in its time; the workflow comes back until the file is read to its end.
/// Until then its statements are drafts that nobody books.
/// </summary>
internal sealed class ParseStatement(Database database, IAmazonS3 s3, FieldCipher cipher, StatementBuckets buckets, SliceLimits? limits = null)
{
    public async Task<StatementProgress> RunAsync(StatementProgress progress, CancellationToken ct)
    {
        var tenant = progress.TenantId;
        var file = await FindAsync(tenant, progress.FileId, ct);
        if (file.State is not "registered") return progress with { Lines = file.Lines, Unfinished = false };

        var dialect = await BankDialects.FindAsync(database, tenant, file.BankProfile, ct);
        var known = (await database.ListAsync(tenant, StatementSql.StatementsOfReading, [file.Id.Value, file.Reading], row => (Position: row.GetInt32(0), Id: new StatementId(row.GetGuid(1))), ct))
            .ToDictionary(row => row.Position, row => row.Id);
        var writer = new StatementWriter(database, tenant, cipher, file, known, limits ?? SliceLimits.Default);
        FileSummary summary;
        try
        {
            using var stored = await s3.GetObjectAsync(buckets.Archive, file.ObjectKey, ct);
            summary = await Formats.StatementFile.ReadAsync(stored.ResponseStream, writer, new ReadOptions(dialect), ct);
            await writer.CommitAsync(ct);
        }
        catch (SliceEndedException)
        {
            return progress with { Unfinished = true };
        }

        if (writer.Statements == 0) await GiveUpAsync(tenant, file, writer, ct);
        else await FinishAsync(tenant, file, summary, writer, ct);
        return progress with { Lines = writer.Lines, Unfinished = false };
    }

    private async Task FinishAsync(TenantId tenant, StatementFile file, FileSummary summary, StatementWriter writer, CancellationToken ct) =>
        await database.TransactAsync<int>(tenant, async unit =>
        {
            if (await unit.FirstAsync(StatementSql.LockFile, [file.Id.Value], StatementFile.Read, ct) is not { State: "registered" } locked) return 0;
            if (locked.Reading > locked.Attempt && !await Rereading.MergeAsync(unit, locked, ct)) return 0;

            await WriteProblemsAsync(unit, file, writer.Problems, ct);
            await unit.ListAsync(StatementSql.HoldAccounts, [file.Id.Value, file.Reading], row => row.GetGuid(0), ct);
            await unit.ExecuteAsync(StatementSql.TakeVerdicts, [file.Id.Value, file.Reading], ct);
            await unit.ExecuteAsync(StatementSql.FinishParsing,
            [
                file.Id.Value, summary.Format, writer.Statements, writer.Lines, (int)Math.Round((decimal)summary.Coverage * 1_000_000m), summary.Encoding, summary.Dialect, unit.Now,
            ], ct);
            return 0;
        }, ct);

    /// <summary>Nothing of it can be used. A file that was never read goes to quarantine; one that was keeps the reading it has.</summary>
    private async Task GiveUpAsync(TenantId tenant, StatementFile file, StatementWriter writer, CancellationToken ct)
    {
        var reason = writer.Problems.FirstOrDefault(problem => problem.Severity is Severity.Error)?.ToString() ?? "The file holds no bank statement.";
        var keepsAnother = file.Reading > file.Attempt && file.Statements > 0;
        var givenUp = await database.TransactAsync<bool>(tenant, async unit =>
        {
            // Another run has come to an end with it, one way or the other.
            if (await unit.FirstAsync(StatementSql.LockFile, [file.Id.Value], StatementFile.Read, ct) is not { State: "registered" } locked || locked.Reading != file.Reading) return false;
            await unit.ExecuteAsync(StatementSql.DeleteReading, [file.Id.Value, file.Reading], ct);
            if (keepsAnother) await unit.ExecuteAsync(StatementSql.RefuseReading, [file.Id.Value, Errors.StatementUnreadable.Code, reason, unit.Now], ct);
            else await WriteProblemsAsync(unit, file, writer.Problems, ct);
            return true;
        }, ct);
        if (givenUp.Value && !keepsAnother) throw new LambdaError("Statement.Unreadable", reason);
    }

    private static async Task WriteProblemsAsync(UnitOfWork unit, StatementFile file, IReadOnlyList<ParseProblem> problems, CancellationToken ct)
    {
        await unit.ExecuteAsync(StatementSql.DeleteProblems, [file.Id.Value], ct);
        await unit.ExecuteAllAsync([.. problems.Select((problem, at) => (StatementSql.InsertProblem, new object?[]
        {
            file.Id.Value, unit.Tenant.Value, at + 1, problem.Code, problem.Position.Line, problem.Position.Column, problem.Message,
            problem.Severity is Severity.Error ? "error" : "warning", problem.Raw?.Replace("\0", "", StringComparison.Ordinal),
        }))], ct);
    }

    private async Task<StatementFile> FindAsync(TenantId tenant, StatementFileId id, CancellationToken ct) =>
        await database.FirstAsync(tenant, StatementSql.FindFile, [id.Value], StatementFile.Read, ct) ?? throw new InvalidOperationException($"{id} is gone.");
}
