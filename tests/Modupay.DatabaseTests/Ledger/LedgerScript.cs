using System.Globalization;
using Modupay.Ledger;

namespace Modupay.DatabaseTests.Ledger;

/// <summary>
/// The ledger as a table of what is asked and what is answered, one row a line; <c>a -> b 100 EUR</c> debits a and credits b.
/// <code>
/// account  wallet EUR credit debits&lt;=0        debit or credit is the normal side; shards=4; a limit on either sum
/// post     p:1  bank -> wallet 100 EUR          new
/// split    p:2  bank 100 wallet -60 fees -40 EUR  new
/// hold     h:1  wallet -> bank 40 EUR until 60  new        seconds from now
/// settle   s:1  h:1 30                          new        all of it when no amount is given
/// void     v:1  h:1                             hold_ended
/// reverse  r:1  p:1                             new
/// link     l:1  a -> b 1 EUR                    new        link rows that follow each other are a chain
/// together t:1  a -> b 1 EUR                    new        together rows that follow each other are chains of one in one call
/// if       wallet version=2                                a condition of the row that follows; balance&gt;=10, balance&lt;=10
/// limit    wallet debits&lt;=10  ·  frozen, closed, open wallet  ·  clock 60  ·  expire 1
/// balance  wallet 100 available 60
/// </code>
/// </summary>
internal sealed class LedgerScript
{
    private static readonly DateOnly Today = new(2026, 3, 2);
    private readonly ManualTime _time = new();
    private readonly Dictionary<string, Currency> _currencies = new(StringComparer.Ordinal);
    private readonly List<Condition> _conditions = [];
    private Database _ledger = null!;
    private TenantId _tenant;

    public static async Task<LedgerScript> RunAsync(FreshDatabase database, string text)
    {
        var script = new LedgerScript();
        script._ledger = database.At(script._time);
        script._tenant = await database.TenantAsync();
        var rows = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(row => !row.StartsWith('#')).ToList();
        for (var i = 0; i < rows.Count;)
        {
            var words = rows[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var company = words[0] is "link" or "together" ? rows.Skip(i).TakeWhile(row => row.StartsWith(words[0], StringComparison.Ordinal)).ToList() : [rows[i]];
            var (expected, actual) = company.Count > 1 || words[0] is "link" or "together" ? await script.InCompanyAsync(company) : await script.AloneAsync(words);
            Assert.True(expected == actual, $"row {i + 1}: {string.Join(" / ", company)}\nexpected {expected}\nanswered {actual}");
            i += company.Count;
        }
        return script;
    }

    public TenantId Tenant => _tenant;

    private async Task<(string, string)> InCompanyAsync(List<string> rows)
    {
        var journals = rows.Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(words => Transfer(words[1], words[2..^1])).ToList();
        IReadOnlyList<IReadOnlyList<Journal>> chains = rows[0].StartsWith("link", StringComparison.Ordinal) ? [journals] : [.. journals.Select(journal => new[] { journal })];
        var outcomes = (await _ledger.TransactAsync<List<Result<Posted>>>(_tenant, async unit => (await LedgerDoor.PostChainsAsync(unit, chains, default)).ToList(), default)).Value;
        return (string.Join(' ', rows.Select(row => row.Split(' ')[^1])), string.Join(' ', outcomes.Select(Say)));
    }

    private async Task<(string Expected, string Actual)> AloneAsync(string[] words) => words[0] switch
    {
        "account" => await OpenAsync(words),
        "if" => If(words),
        "post" => (words[^1], await PostAsync(Transfer(words[1], words[2..^1]))),
        "split" => (words[^1], await PostAsync(Split(words[1], words[2..^1]))),
        "hold" => (words[^1], await PostAsync(Hold(words))),
        "settle" => (words[^1], await EndAsync(words[2], (unit, id) => SettleAsync(unit, words, id))),
        "void" => (words[^1], await EndAsync(words[2], (unit, id) => Holds.VoidAsync(unit, words[1], id, Today, "", default))),
        "reverse" => (words[^1], await EndAsync(words[2], (unit, id) => Reversals.ReverseAsync(unit, words[1], id, Today, "", default))),
        "limit" => (words.ElementAtOrDefault(3) ?? "", await ChangeAsync(words[1], "open", words[2])),
        "frozen" or "closed" or "open" => (words.ElementAtOrDefault(2) ?? "", await ChangeAsync(words[1], words[0], null)),
        "clock" => Clock(words),
        "expire" => (words[1], (await _ledger.TransactAsync<int>(_tenant, async unit => await Holds.ExpireDueAsync(unit, 100, default), default)).Value.ToString(CultureInfo.InvariantCulture)),
        "balance" => await BalanceAsync(words),
        _ => throw new FormatException($"'{words[0]}' is no verb of the table."),
    };

    private async Task<(string, string)> OpenAsync(string[] words)
    {
        var account = new NewAccount(words[1], words[1], _currencies[words[1]] = Currency.Known(words[2]), words[3] == "debit" ? NormalSide.Debit : NormalSide.Credit,
            Number(words, "debits<="), Number(words, "credits<="), (int?)Number(words, "shards=") ?? 1);
        await _ledger.TransactAsync<bool>(_tenant, async unit => { await LedgerDoor.OpenAccountsAsync(unit, [account], default); return true; }, default);
        return ("", "");
    }

    private (string, string) If(string[] words)
    {
        _conditions.Add(new Condition(words[1], _currencies[words[1]])
        {
            Version = Number(words, "version="),
            AtLeast = Number(words, "balance>="),
            AtMost = Number(words, "balance<="),
        });
        return ("", "");
    }

    private (string, string) Clock(string[] words)
    {
        _time.Advance(TimeSpan.FromSeconds(long.Parse(words[1], CultureInfo.InvariantCulture)));
        return ("", "");
    }

    private async Task<string> ChangeAsync(string code, string state, string? limit)
    {
        var changed = await _ledger.TransactAsync<bool>(_tenant, async unit =>
        {
            var limits = limit is null ? null : new AccountLimits(Number([limit], "debits<="), Number([limit], "credits<="));
            var account = (await Accounts.FindByCodeAsync(unit, code, default))!;
            return await Accounts.ChangeAsync(unit, account.Id, new AccountChange(State: state, Limits: limits), default) is { } refused ? refused : true;
        }, default);
        return changed.Problem?.Error.Code ?? "";
    }

    private Journal Transfer(string source, string[] words) =>
        Take(new Journal(source, Today, "", [new(words[0], Amount(words[3], words[4])), new(words[2], Amount("-" + words[3], words[4]))]));

    private Journal Split(string source, string[] words) =>
        Take(new Journal(source, Today, "", [.. words[..^1].Chunk(2).Select(pair => new Posting(pair[0], Amount(pair[1], words[^1])))]));

    private Journal Hold(string[] words)
    {
        var until = Array.IndexOf(words, "until");
        return Transfer(words[1], words[2..]).AsHold(until < 0 ? null : _time.GetUtcNow().AddSeconds(long.Parse(words[until + 1], CultureInfo.InvariantCulture)));
    }

    private Journal Take(Journal journal)
    {
        var conditional = journal with { Conditions = [.. _conditions] };
        _conditions.Clear();
        return conditional;
    }

    private static async Task<Result<Posted>> SettleAsync(UnitOfWork unit, string[] words, JournalId hold)
    {
        if (words.Length == 4) return await Holds.PostAsync(unit, words[1], hold, Today, "", null, default);
        var amount = long.Parse(words[3], CultureInfo.InvariantCulture);
        var postings = (await Journals.FindAsync(unit, hold, default))!.Postings;
        return await Holds.PostAsync(unit, words[1], hold, Today, "",
            [.. postings.Select(posting => new Posting(posting.Account, new(Math.Sign(posting.Amount.Minor) * amount, posting.Amount.Currency)))], default);
    }

    private async Task<string> PostAsync(Journal journal) => Say(await _ledger.TransactAsync(_tenant, unit => LedgerDoor.PostAsync(unit, journal, default), default));

    private async Task<string> EndAsync(string source, Func<UnitOfWork, JournalId, Task<Result<Posted>>> end) => Say(await _ledger.TransactAsync(_tenant, async unit =>
        await end(unit, (await Journals.FindBySourceAsync(unit, source, default))?.Id ?? Id.New<JournalId>(_time)), default));

    private async Task<(string, string)> BalanceAsync(string[] words)
    {
        var balance = (await _ledger.ReadAsync(_tenant, session => LedgerDoor.BalanceAsync(session, words[1], default), default))!;
        return words.Length > 3 ? ($"{words[2]} {words[4]}", $"{balance.Balance.Minor} {balance.Available.Minor}") : (words[2], balance.Balance.Minor.ToString(CultureInfo.InvariantCulture));
    }

    private static Money Amount(string number, string currency) => new(long.Parse(number.Replace("--", "", StringComparison.Ordinal), CultureInfo.InvariantCulture), Currency.Known(currency));

    private static long? Number(string[] words, string name) =>
        words.FirstOrDefault(word => word.StartsWith(name, StringComparison.Ordinal)) is { } word ? long.Parse(word[name.Length..], CultureInfo.InvariantCulture) : null;

    private static string Say(Result<Posted> outcome) => outcome.Problem?.Error.Code ?? outcome.Value.ToString().ToLowerInvariant();
}
