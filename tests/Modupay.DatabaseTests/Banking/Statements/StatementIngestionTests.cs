using System.Text;
using Modupay.Banking.Statements;
using Modupay.Formats;

namespace Modupay.DatabaseTests.Banking.Statements;

public sealed class StatementIngestionTests : IAsyncLifetime
{
    private static readonly DateOnly Monday = new(2026, 3, 2);

    private static readonly byte[] Unreadable = "Date;Amount;Currency\n03/04/2026;10,00;EUR\n"u8.ToArray();

    private StatementScene _scene = null!;

    public async Task InitializeAsync() => _scene = await StatementScene.StartAsync();

    public async Task DisposeAsync() => await _scene.DisposeAsync();

    [Fact]
    public async Task Every_step_may_be_run_twice_and_the_file_may_come_twice()
    {
        var bytes = StatementScene.Mt940(1, Monday, 100_00, 10_00, -5_00);
        var file = await _scene.ArriveAsync("a.sta", bytes, times: 2);
        var again = await _scene.ArriveAsync("renamed.sta", bytes, times: 2);

        Assert.Equal(("archived", 2, 1, file.Id), (file.State, file.Lines, file.Statements, again.Id));
        Assert.Equal([10_00L, -5_00L], (await _scene.LinesAsync(file)).Select(line => line.Amount.Minor));
        Assert.Equal("complete", Assert.Single(await _scene.StatementsAsync(file)).Standing);
        Assert.Equal(1L, await _scene.Fresh.ScalarAsync<long>("select count(*) from notify.events where type = 'statement.received.v1'"));
        Assert.Empty(await _scene.FindingsAsync());
    }

    [Fact]
    public async Task A_file_larger_than_a_slice_of_work_is_read_in_several_without_losing_or_doubling_a_line()
    {
        var balance = 0L;
        var statements = new List<Mt940Statement>();
        for (var number = 1; number <= 6; number++)
        {
            var amounts = Enumerable.Range(1, 700).Select(amount => (long)amount).ToArray();
            statements.Add(StatementScene.Statement(number, Monday.AddDays(number - 1), balance, amounts));
            balance += amounts.Sum();
        }
        var file = await _scene.ArriveAsync("large.sta", Mt940Writer.Write(statements), limits: new SliceLimits(TimeSpan.Zero, 400));

        Assert.True(_scene.Slices > 3, $"{_scene.Slices} slices");
        Assert.Equal(3, _scene.TakenIn);
        Assert.Equal(("archived", 4200, 6), (file.State, file.Lines, file.Statements));
        Assert.Equal(4200L, await _scene.Fresh.ScalarAsync<long>("select count(*) from reconciliation.open_lines"));
        Assert.Equal(4200L, await _scene.Fresh.ScalarAsync<long>("select count(*) from ledger.journals where source like 'line:%'"));
        var lines = await _scene.LinesAsync(file);
        Assert.Equal((4200, 4200, 6L * 700 * 701 / 2), (lines.Count, lines.Select(line => (line.Statement, line.Entry)).Distinct().Count(), lines.Sum(line => line.Amount.Minor)));
        Assert.All(await _scene.StatementsAsync(file), statement => Assert.Equal(("complete", true), (statement.Standing, statement.Balanced)));
    }

    [Fact]
    public async Task The_same_statement_in_another_format_is_a_duplicate_and_nothing_of_it_is_booked()
    {
        await _scene.ArriveAsync("day.sta", StatementScene.Mt940(1, Monday, 100_00, 10_00, -5_00));
        var camt = await _scene.ArriveAsync("day.xml", StatementScene.Camt053(1, Monday, 100_00, 10_00, -5_00));

        var statement = Assert.Single(await _scene.StatementsAsync(camt));
        Assert.Equal("duplicate", statement.Standing);
        Assert.NotNull(statement.DuplicateOf);
        Assert.Equal([("duplicate", "open")], await _scene.FindingsAsync());
        Assert.Equal(2L, await _scene.Fresh.ScalarAsync<long>("select count(*) from ledger.journals where source like 'line:%'"));
    }

    [Fact]
    public async Task A_statement_of_an_account_nobody_made_is_found_and_booked_once_the_account_is_there()
    {
        const string Other = "DE02120300000000202051";
        byte[] Day(int number, long opening, params long[] amounts) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(StatementScene.Mt940(number, Monday.AddDays(number - 1), opening, amounts)).Replace(StatementScene.Iban, Other, StringComparison.Ordinal));
        var first = await _scene.ArriveAsync("1.sta", Day(1, 100_00, 10_00, -5_00));
        var second = await _scene.ArriveAsync("2.sta", Day(2, 105_00, 1_00));
        Assert.Equal([("account_unknown", "open")], await _scene.FindingsAsync());
        Assert.Equal(0L, await _scene.Fresh.ScalarAsync<long>("select count(*) from ledger.journals"));

        await _scene.OpenTreasuryAccountAsync(Other);
        await _scene.RereadAsync(first.Id);
        Assert.Contains(("account_unknown", "open"), await _scene.FindingsAsync());
        await _scene.RereadAsync(second.Id);
        Assert.DoesNotContain(("account_unknown", "open"), await _scene.FindingsAsync());
        Assert.Equal(3L, await _scene.Fresh.ScalarAsync<long>("select count(*) from ledger.journals where source like 'line:%'"));
        Assert.Equal(106_00L, await _scene.Fresh.ScalarAsync<long>("select sum(posted_debits - posted_credits)::bigint from ledger.balances join ledger.accounts using (tenant_id, account_id) where code like 'treasury/%/bank'"));
    }

    [Fact]
    public async Task A_gap_is_found_announced_and_resolved_when_the_late_file_comes()
    {
        await _scene.ArriveAsync("1.sta", StatementScene.Mt940(1, Monday, 100_00, 10_00));
        await _scene.ArriveAsync("3.sta", StatementScene.Mt940(3, Monday.AddDays(2), 130_00, 5_00));
        Assert.Equal([("balance_gap", "open"), ("days_missing", "open"), ("sequence_gap", "open")], await _scene.FindingsAsync());

        await _scene.ArriveAsync("2.sta", StatementScene.Mt940(2, Monday.AddDays(1), 110_00, 20_00));
        Assert.Equal([("balance_gap", "resolved"), ("days_missing", "resolved"), ("sequence_gap", "resolved")], await _scene.FindingsAsync());
        Assert.Equal(["statement.finding_opened.v1 3", "statement.finding_resolved.v1 3"],
            await _scene.Fresh.LinesAsync("select type || ' ' || count(*) from notify.events where type like 'statement.finding%' group by type order by type"));
    }

    [Theory]
    [InlineData("camt053/v08-returned-transfers.xml", "True AC04 -; True - RF712348231; False - -; False - -")]
    [InlineData("mt940/german-returned-transfers.sta", "True 902 -; True - -; False - -; True MS03 -; False - -")]
    public async Task That_a_payment_comes_back_and_why_is_kept_with_its_line_and_told_to_the_rules(string sample, string said)
    {
        var file = await _scene.ArriveAsync("returns", await File.ReadAllBytesAsync(Repository.Path("tests", "samples", sample)));
        var lines = await _scene.LinesAsync(file);
        Assert.Equal(said, string.Join("; ", lines.Select(line => $"{line.IsReturn} {line.ReturnReason ?? "-"} {line.OriginalReference ?? "-"}")));
        // A reversal takes back as much as a return.
        Assert.Equal(lines.Count(line => line.IsReturn || line.Reversal), await _scene.Fresh.ScalarAsync<long>("select count(*) from reconciliation.open_lines where is_return"));
        Assert.Equal(lines.Count(line => line.OriginalReference is not null), await _scene.Fresh.ScalarAsync<long>("select count(*) from reconciliation.open_lines where original_reference is not null"));
    }

    [Fact]
    public async Task Reading_again_changes_words_and_keeps_lines_and_their_matches()
    {
        var file = await _scene.ArriveAsync("a.sta", StatementScene.Mt940(1, Monday, 100_00, 10_00, -5_00));
        var before = await _scene.LinesAsync(file);
        await _scene.Fresh.App.ExecuteAsync(_scene.Tenant, StatementLineSql.Move, [new[] { before[0].Id.Value }, "unmatched", "matched"], default);

        await _scene.DefineAsync("""{ "name": "plain-words", "information": "plain" }""");
        var again = await _scene.RereadAsync(file.Id, times: 2);

        var after = await _scene.LinesAsync(again);
        Assert.Equal(("archived", 2, "plain-words"), (again.State, again.Attempt, again.Dialect));
        Assert.Equal(before.Select(line => (line.Id, line.Statement, line.Amount)), after.Select(line => (line.Id, line.Statement, line.Amount)));
        Assert.Equal(["matched", "unmatched"], after.Select(line => line.State));
        Assert.Equal(("Invoice 0", "E-1-0"), (before[0].Remittance, before[0].EndToEndId));
        Assert.Null(after[0].EndToEndId);
        Assert.Contains("?20EREF+E-1-0", after[0].Remittance, StringComparison.Ordinal);
        Assert.All(after, line => Assert.Equal(2, line.Version));
        Assert.Equal(["E-1-0"], await _scene.Fresh.LinesAsync($"select said->>'endToEndId' from banking.bank_statement_line_versions where line_id = '{before[0].Id.Value}'"));
        Assert.Equal(1L, await _scene.Fresh.ScalarAsync<long>("select count(*) from notify.events where type = 'statement.received.v1'"));
    }

    [Fact]
    public async Task A_reading_that_would_change_money_in_the_books_is_refused()
    {
        var file = await _scene.ArriveAsync("a.csv", Encoding.UTF8.GetBytes("Date;Amount;Currency;Description\n2026-03-02;10,00;EUR;In\n2026-03-03;-5,00;EUR;Out\n"));
        var before = await _scene.LinesAsync(file);

        await _scene.DefineAsync("""{ "name": "card", "csv": { "sign": "inverse", "date": "yyyy-MM-dd", "decimal": ",", "columns": { "bookingDate": "Date", "amount": "Amount", "currency": "Currency", "remittance": "Description" } } }""");
        var again = await _scene.RereadAsync(file.Id);

        Assert.Equal(("archived", 1, "reread_changes_money"), (again.State, again.Attempt, again.FailureCode));
        Assert.Equal(before, await _scene.LinesAsync(again));
    }

    [Fact]
    public async Task What_cannot_be_read_waits_in_quarantine_until_its_bank_is_explained()
    {
        var file = await _scene.ArriveAsync("b.csv", Unreadable, times: 2);
        Assert.Equal(("quarantined", "statement_unreadable"), (file.State, file.FailureCode));
        Assert.Contains("date_ambiguous", file.FailureDetail, StringComparison.Ordinal);

        await _scene.DefineAsync("""{ "name": "day-first", "csv": { "date": "dd/MM/yyyy", "decimal": ",", "columns": { "bookingDate": "Date", "amount": "Amount", "currency": "Currency" } } }""");
        var released = await _scene.RereadAsync(file.Id, times: 2);
        Assert.Equal(("archived", 1, (string?)null), (released.State, released.Lines, released.FailureCode));
        Assert.Equal(new DateOnly(2026, 4, 3), Assert.Single(await _scene.LinesAsync(released)).BookedOn);
        Assert.Equal(1L, await _scene.Fresh.ScalarAsync<long>("select count(*) from notify.events where type = 'statement.received.v1'"));
    }

    [Fact]
    public async Task An_unreadable_file_whose_event_comes_twice_stays_in_quarantine_when_the_second_run_comes_late()
    {
        await _scene.PutAsync("b.csv", Unreadable);
        var (first, second) = (await _scene.RegisterAsync("b.csv"), await _scene.RegisterAsync("b.csv"));
        Assert.Equal((false, false, first.File), (first.Duplicate, second.Duplicate, second.File));
        await _scene.QuarantineAsync(first, await Assert.ThrowsAsync<LambdaError>(() => _scene.ParseAsync(first)));

        Assert.Equal("quarantined", (await _scene.FinishAsync(await _scene.ParseAsync(second))).State);
    }

    [Fact]
    public async Task A_late_second_run_does_not_end_a_reading_that_was_asked_for_since()
    {
        var bytes = StatementScene.Mt940(1, Monday, 100_00, 10_00);
        await _scene.PutAsync("a.sta", bytes);
        var (first, second) = (await _scene.RegisterAsync("a.sta"), await _scene.RegisterAsync("a.sta"));
        var file = await _scene.FinishAsync(await _scene.ParseAsync(first));
        Assert.Equal("archived", file.State);
        await _scene.Fresh.App.ExecuteAsync(_scene.Tenant, StatementSql.AskForReading, [file.Id.Value, TimeProvider.System.GetUtcNow()], default);

        Assert.Equal("registered", (await _scene.FinishAsync(second)).State);
    }

    [Fact]
    public async Task Many_runs_that_cannot_read_one_file_all_say_so()
    {
        await _scene.PutAsync("b.csv", Encoding.UTF8.GetBytes("Date;Amount;Currency\n" + string.Concat(Enumerable.Repeat("03/04/2026;10,00;EUR\n", 20))));
        var progress = await _scene.RegisterAsync("b.csv");
        var errors = await AtOnce.RunAsync(async _ => (await Record.ExceptionAsync(() => _scene.ParseAsync(progress)))!);
        Assert.All(errors, error => Assert.Equal("Statement.Unreadable", Assert.IsType<LambdaError>(error).Type));
        Assert.True(await _scene.Fresh.ScalarAsync<long>("select count(*) from banking.bank_statement_problems") > 0);
    }

    [Fact]
    public async Task An_account_whose_first_statement_begins_with_nothing_is_opened_with_nothing()
    {
        var file = await _scene.ArriveAsync("two.sta", Mt940Writer.Write([StatementScene.Statement(1, Monday, 0, 10_00), StatementScene.Statement(2, Monday.AddDays(1), 10_00, 5_00)]));
        Assert.Equal(("archived", 2), (file.State, file.Statements));
        Assert.Equal(15_00L, await _scene.Fresh.ScalarAsync<long>(
            "select (posted_debits - posted_credits)::bigint from ledger.balances join ledger.accounts using (tenant_id, account_id) where code like 'treasury/%/bank'"));
    }
}
