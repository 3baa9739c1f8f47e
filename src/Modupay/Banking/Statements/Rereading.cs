namespace Modupay.Banking.Statements;

/// <summary>
/// A file read again after its bank's profile changed. Lines keep their identity by their place in the file, so matches and journals stay where they
/// are; what a line says may change and its old words are kept; what money it moved may not, because the books have it.
/// </summary>
internal static class Rereading
{
    /// <returns>False when the new reading contradicts the books: it is given up, and the old one stands.</returns>
    public static async Task<bool> MergeAsync(UnitOfWork unit, StatementFile file, CancellationToken ct)
    {
        object?[] readings = [file.Id.Value, file.Attempt, file.Reading];
        if (await unit.ScalarAsync<long>(RereadingSql.CountConflicts, readings, ct) is > 0 and var conflicts)
        {
            await unit.ExecuteAllAsync(
            [
                (StatementSql.DeleteReading, [file.Id.Value, file.Reading]),
                (StatementSql.RefuseReading, [file.Id.Value, Errors.RereadChangesMoney.Code, $"{conflicts} lines that are in the books would have another amount, date or status, or be gone.", unit.Now]),
            ], ct);
            return false;
        }

        await unit.ExecuteAllAsync(
        [
            (RereadingSql.KeepVersions, [.. readings, unit.Now]),
            (RereadingSql.TakeWords, readings),
            (RereadingSql.DropPaired, readings),
            (RereadingSql.DropReplaced, readings),
            (RereadingSql.MoveLines, readings),
            (RereadingSql.TakeHeaders, readings),
            (RereadingSql.DropOldWithoutSuccessor, readings),
            (RereadingSql.DropNewWithPredecessor, readings),
            (RereadingSql.Renumber, readings),
        ], ct);
        return true;
    }
}
