using Npgsql;

namespace Modupay.Ledger;

/// <summary>What the rest of the product may ask of the ledger. Everything happens in the caller's transaction.</summary>
internal static class LedgerDoor
{
    private const int Tries = 4;

    /// <summary>Posts one journal once, however often it is asked to.</summary>
    public static async Task<Result<Posted>> PostAsync(UnitOfWork unit, Journal journal, CancellationToken ct) =>
        (await PostChainsAsync(unit, [[journal]], ct))[0];

    /// <summary>Posts all of them, or none and the reason why.</summary>
    public static async Task<Result<IReadOnlyList<Posted>>> PostAllAsync(UnitOfWork unit, IReadOnlyList<Journal> journals, CancellationToken ct)
    {
        var outcomes = await PostChainsAsync(unit, [journals], ct);
        var refusals = outcomes.Where(outcome => outcome.Problem is not null).Select(outcome => outcome.Problem!).ToList();
        return refusals.Count == 0
            ? outcomes.Select(outcome => outcome.Value).ToList()
            : refusals.Find(refusal => refusal.Error != Errors.LinkedRefused) ?? refusals[0];
    }

    /// <summary>
    /// Posts chains of journals in one round trip, or in two when something stands in the way: each chain all or nothing, one chain whatever
    /// becomes of another. Answers for every journal, in order. Who posts twice in one transaction should do it with one call: then nobody can
    /// wait for him in a circle.
    /// </summary>
    public static Task<IReadOnlyList<Result<Posted>>> PostChainsAsync(UnitOfWork unit, IReadOnlyList<IReadOnlyList<Journal>> chains, CancellationToken ct) =>
        PostAsync(chains, unit.Time, new Caller(unit.Now,
            parameters => unit.ScalarAsync<bool>(LedgerSql.PostPlain, parameters, ct),
            async parameters => (await unit.ListAsync(LedgerSql.Post, parameters, JournalBatch.Read, ct))[0]));

    /// <summary>The same in a transaction of its own, in a single round trip: for whoever writes nothing else.</summary>
    public static Task<IReadOnlyList<Result<Posted>>> PostAloneAsync(Database database, TenantId tenant, IReadOnlyList<IReadOnlyList<Journal>> chains, CancellationToken ct)
    {
        return PostAsync(chains, database.Time, new Caller(database.Time.GetUtcNow(),
            parameters => TryAsync(LedgerSql.PostPlain, parameters, row => row.GetBoolean(0)),
            parameters => TryAsync(LedgerSql.Post, parameters, JournalBatch.Read)));

        async Task<T> TryAsync<T>(string sql, object?[] parameters, Func<NpgsqlDataReader, T> read)
        {
            for (var tries = 1; ; tries++)
            {
                try
                {
                    return (await database.ListAsync(tenant, sql, parameters, read, ct))[0];
                }
                catch (PostgresException conflict) when (conflict.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected && tries < Tries)
                {
                    // PostgreSQL undid everything, and the sources make a second try safe.
                    continue;
                }
            }
        }
    }

    /// <summary>Opens the accounts that are not open yet. To open one against the chart, or again with another currency or side, is a mistake of ours.</summary>
    public static async Task OpenAccountsAsync(UnitOfWork unit, IReadOnlyList<NewAccount> accounts, CancellationToken ct)
    {
        if (await Accounts.OpenAsync(unit, accounts, ct) is { } refused) throw new InvalidOperationException($"{refused.Error.Code}: {refused.Detail} The chart is Ledger/Charts/payments.chart.json.");
    }

    public static async Task<AccountBalance?> BalanceAsync(Session session, string account, CancellationToken ct) =>
        (await Accounts.FindByCodeAsync(session, account, ct))?.Balance;

    private static async Task<IReadOnlyList<Result<Posted>>> PostAsync(IReadOnlyList<IReadOnlyList<Journal>> chains, TimeProvider time, Caller caller)
    {
        var answers = new Result<Posted>[chains.Sum(chain => chain.Count)];
        var batch = new JournalBatch(time);
        var place = 0;
        foreach (var chain in chains)
        {
            if (!RefuseFlawed(chain, answers.AsSpan(place, chain.Count)))
            {
                if (!batch.CanTake(chain))
                {
                    await SendAsync(batch, answers, caller);
                    batch = new JournalBatch(time);
                }
                batch.Add(chain, place);
            }
            place += chain.Count;
        }
        if (batch.Count > 0) await SendAsync(batch, answers, caller);
        return answers;
    }

    private static async Task SendAsync(JournalBatch batch, Result<Posted>[] answers, Caller caller)
    {
        if (batch.IsPlain && await caller.PostPlainAsync(batch.PlainParameters(caller.Now))) batch.AnswerNew(answers);
        else batch.Answer(await caller.PostAsync(batch.Parameters(caller.Now)), answers);
    }

    /// <summary>In whose transaction it happens.</summary>
    private sealed record Caller(DateTimeOffset Now, Func<object?[], Task<bool>> PostPlainAsync, Func<object?[], Task<(string[] Outcomes, string?[] Subjects)>> PostAsync);

    private static bool RefuseFlawed(IReadOnlyList<Journal> chain, Span<Result<Posted>> answers)
    {
        for (var i = 0; i < chain.Count; i++)
        {
            var flaw = chain[i].Flaw();
            for (var earlier = 0; earlier < i && flaw is null; earlier++)
                if (chain[earlier].Source == chain[i].Source) flaw = new Problem(Errors.JournalConflicting, $"'{chain[i].Source}' is twice in one chain.");
            if (flaw is null) continue;
            for (var j = 0; j < chain.Count; j++) answers[j] = LedgerRefusals.Linked(chain[j]);
            answers[i] = flaw;
            return true;
        }
        return false;
    }
}
