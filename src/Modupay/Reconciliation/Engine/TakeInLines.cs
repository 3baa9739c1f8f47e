using Modupay.Banking.Accounts;
using Modupay.Banking.Statements;
using Modupay.Formats;
using Modupay.Ledger;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <summary>
/// Booked lines become open lines, and stand in the ledger from that moment: the bank has booked them, so they are in the bank's balance; what they were
/// waits in suspense until somebody says it.
/// </summary>
internal static class TakeInLines
{
    /// <summary>What banks write when there is no reference.</summary>
    private static readonly HashSet<string> Nothing = new(["NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOREF", "NONE", "UNKNOWN"], StringComparer.OrdinalIgnoreCase);

    /// <returns>How many were not here before.</returns>
    public static async Task<int> RunAsync(UnitOfWork unit, FieldCipher cipher, CounterpartyKeyring keyring, IReadOnlyList<BankStatementLine> lines, CancellationToken ct)
    {
        var open = await ReduceAsync(unit, cipher, keyring, lines, ct);
        var taken = await InsertAsync(unit, open, ct);
        // Another run may have taken a line in and matched it since we read it. Our insert has waited for that run, so now we would see it.
        if (await StatementLines.ExplainedAmongAsync(unit, [.. taken.Select(line => line.Value)], ct) is { Count: > 0 } explained)
        {
            await unit.ExecuteAsync(OpenLineSql.Close, [explained.Select(line => line.Value).ToArray()], ct);
            taken.ExceptWith(explained);
        }
        await PostAsync(unit, [.. open.Where(line => taken.Contains(line.Id))], ct);
        return taken.Count;
    }

    public static async Task<HashSet<StatementLineId>> InsertAsync(UnitOfWork unit, IReadOnlyList<OpenLine> lines, CancellationToken ct) => lines.Count == 0 ? [] :
    [
        .. (await unit.ListAsync(OpenLineSql.Insert,
        [
            unit.Tenant.Value, unit.Now,
            lines.Select(line => line.Id.Value).ToArray(),
            lines.Select(line => line.Account.Value).ToArray(),
            lines.Select(line => line.Amount.Minor).ToArray(),
            lines.Select(line => line.Amount.Currency.Code).ToArray(),
            lines.Select(line => line.BookedOn).ToArray(),
            lines.Select(line => line.RfReference).ToArray(),
            lines.Select(line => line.EndToEndId).ToArray(),
            lines.Select(line => line.BankReference).ToArray(),
            lines.Select(line => line.CustomerReference).ToArray(),
            lines.Select(line => line.Counterparty).ToArray(),
            lines.Select(line => line.CounterpartyMasked).ToArray(),
            lines.Select(line => CounterpartyKeys.Text(line.Name)).ToArray(),
            lines.Select(line => line.OriginalReference).ToArray(),
            lines.Select(line => line.IsReturn).ToArray(),
            lines.Select(line => line.ReturnReason).ToArray(),
        ], row => (Id: new StatementLineId(row.GetGuid(0)), IsNew: row.GetBoolean(1)), ct)).Where(line => line.IsNew).Select(line => line.Id),
    ];

    /// <summary>What rules look at. A line that moves nothing proves nothing, and is left to a person.</summary>
    public static async Task<List<OpenLine>> ReduceAsync(Session session, FieldCipher cipher, CounterpartyKeyring keyring, IReadOnlyList<BankStatementLine> lines, CancellationToken ct)
    {
        var counterparties = await StatementLines.CounterpartiesAsync(session, cipher, [.. lines.Select(line => line.Id.Value)], ct);
        var open = new List<OpenLine>(lines.Count);
        foreach (var line in lines.Where(line => line.Amount.Minor != 0))
        {
            var keys = counterparties.TryGetValue(line.Id, out var counterparty) ? await keyring.OfAsync(counterparty.Name, counterparty.Iban, ct) : CounterpartyKeys.None;
            open.Add(new OpenLine(line.Id, line.TreasuryAccount!.Value, line.Amount, DayOf(line))
            {
                RfReference = RfOf(line),
                EndToEndId = Said(line.EndToEndId),
                BankReference = Said(line.BankReference),
                CustomerReference = Said(line.CustomerReference),
                OriginalReference = Said(line.OriginalReference),
                IsReturn = line.IsReturn || line.Reversal,
                ReturnReason = CodeOf(line.ReturnReason),
                Counterparty = keys.Account,
                CounterpartyMasked = line.CounterpartyMasked,
                Name = keys.Name,
            });
        }
        return open;
    }

    /// <summary>A creditor reference wherever the bank put it: in a field of its own, or in the middle of what the payer wrote.</summary>
    private static string? RfOf(BankStatementLine line)
    {
        if (RfReference.TryParse(line.StructuredReference, out var given) || RfReference.TryParse(line.EndToEndId, out given) || RfReference.TryParse(line.CustomerReference, out given)) return given.Value;
        return RfReference.TryFind(line.Remittance, out var found) ? found.Value : null;
    }

    /// <summary>A bank that has no code for its reason writes a sentence, which may be about somebody: it stays with the line.</summary>
    private static string? CodeOf(string? reason) => reason is { Length: <= 35 } code && !code.Any(char.IsWhiteSpace) ? code : null;

    private static string? Said(string? reference) => reference?.Trim() is { Length: > 0 } said && !Nothing.Contains(said) ? said : null;

    private static DateOnly DayOf(BankStatementLine line) => line.BookedOn ?? line.ValueOn ?? throw new InvalidOperationException($"{line.Id} is booked on no day.");

    private static async Task PostAsync(UnitOfWork unit, IReadOnlyList<OpenLine> lines, CancellationToken ct)
    {
        var journals = new List<Journal>();
        foreach (var group in lines.GroupBy(line => line.Account))
        {
            var account = await BankAccounts.FindAsync(unit, group.Key, ct) ?? throw new InvalidOperationException($"{group.Key} is gone.");
            journals.AddRange(group.Select(line => new Journal($"line:{line.Id}", line.BookedOn, "Booked by the bank, not yet explained", [new(account.AtBank, line.Amount), new(account.Suspense, -line.Amount)])));
        }
        if (journals.Count == 0) return;
        // Each for itself, because then they take the ledger's short way; one that is refused undoes them all, as a chain would.
        var outcomes = await LedgerDoor.PostChainsAsync(unit, [.. journals.Select(journal => new[] { journal })], ct);
        if (outcomes.Select(outcome => outcome.Problem).FirstOrDefault(problem => problem is not null) is { } refused) throw new InvalidOperationException(refused.Detail);
    }
}
