using System.Text;
using Modupay.Banking.Accounts;
using Modupay.Banking.Statements;
using Modupay.Formats;
using Modupay.Reconciliation;

namespace Modupay.DatabaseTests.Banking.Statements;

/// <summary>A bank that sends notifications and no statement: they book, each movement once, and a statement that comes after all is compared.</summary>
public sealed class NotificationTests : IAsyncLifetime
{
    private static readonly DateOnly Monday = new(2026, 3, 2);
    private int _message;

    private StatementScene _scene = null!;

    public async Task InitializeAsync()
    {
        _scene = await StatementScene.StartAsync();
        await BookAsync(TreasuryAccount.Notification);
    }

    public async Task DisposeAsync() => await _scene.DisposeAsync();

    [Fact]
    public async Task A_notification_books_and_what_it_books_is_matched()
    {
        await _scene.Fresh.App.TransactAsync<bool>(_scene.Tenant, async unit =>
        {
            await NewItem.InsertAsync(unit, [new NewItem(Id.New<ExpectedItemId>(unit.Time), ItemKind.Expected, null, null, new Money(10_00, Currency.Known("EUR")), Monday, "expected/EUR") { EndToEndId = "E1" }], default);
            await Modupay.Ledger.LedgerDoor.OpenAccountsAsync(unit, [MatchAccounts.Expected(Currency.Known("EUR"))], default);
            return true;
        }, default);

        var file = await _scene.ArriveAsync("1.xml", Day([new("B1", 10_00) { EndToEndId = "E1" }, new("B2", -4_00)], [new("B3", 1_00) { Pending = true }]), times: 2);

        Assert.Equal(["complete", "complete"], (await _scene.StatementsAsync(file)).Select(statement => statement.Standing));
        Assert.Equal(["matched", "unmatched", "unmatched"], (await _scene.LinesAsync(file)).Select(line => line.State));
        Assert.Equal((1L, 2L, 6_00L), await BooksAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reports_that_repeat_one_another_book_each_movement_once_in_whatever_order_they_come(bool backwards)
    {
        // Nothing but the place among its equals tells the last two apart.
        Entry[] all = [new("B1", 10_00), new("B2", -4_00), new(null, 7_00), new(null, 7_00)];
        var files = new[] { Camt054(all[..1]), Camt054(all[..3]), Camt054(all) };
        if (backwards) Array.Reverse(files);
        foreach (var (content, at) in files.Select((content, at) => (content, at))) await _scene.ArriveAsync($"{at}.xml", content, times: 2);

        Assert.Equal((4L, 4L, 20_00L), await BooksAsync());
        Assert.Equal(4, await _scene.Fresh.ScalarAsync<long>("select count(*) from banking.bank_statement_lines where booked_as is not null"));
        Assert.Empty(await _scene.FindingsAsync());
    }

    [Fact]
    public async Task A_file_that_holds_a_days_reports_one_after_the_other_books_each_movement_once()
    {
        var file = await _scene.ArriveAsync("day.xml", Day([new("B1", 10_00)], [new("B1", 10_00), new("B2", 5_00)], [new("B1", 10_00), new("B2", 5_00), new("B2", 5_00)]));

        Assert.Equal((3L, 3L, 20_00L), await BooksAsync());
        var lines = await _scene.LinesAsync(file);
        Assert.Equal([null, lines[0].Id, null, lines[0].Id, lines[2].Id, null], lines.Select(line => line.BookedAs));
    }

    [Fact]
    public async Task Reports_in_MT942_book_as_notifications_in_camt_do()
    {
        await _scene.ArriveAsync("noon.942", StatementScene.Mt942(Monday, ("B1", 10_00), (null, -3_00)));
        var evening = await _scene.ArriveAsync("evening.942", StatementScene.Mt942(Monday, ("B1", 10_00), (null, -3_00), (null, -3_00)), times: 2);
        Assert.Equal((3L, 3L, 4_00L), await BooksAsync());
        Assert.Equal([true, true, false], (await _scene.LinesAsync(evening)).Select(line => line.BookedAs is not null));

        // The same movement in both formats.
        await _scene.ArriveAsync("1.xml", Camt054([new("B1", 10_00) { EndToEndId = "E1" }]));
        Assert.Equal((3L, 3L, 4_00L), await BooksAsync());
    }

    [Fact]
    public async Task Two_movements_that_differ_in_anything_but_the_amount_are_two()
    {
        await _scene.ArriveAsync("1.xml", Camt054([new("B1", 10_00) { EndToEndId = "E1" }]));
        await _scene.ArriveAsync("2.xml", Camt054([new("B2", 10_00)]));
        await _scene.ArriveAsync("3.xml", Camt054([new("B1", 10_00) { EndToEndId = "E2" }]));
        await _scene.ArriveAsync("4.xml", Camt054([new(null, 10_00) { Text = "one" }]));
        await _scene.ArriveAsync("5.xml", Camt054([new(null, 10_00) { Text = "two" }]));
        Assert.Equal((5L, 5L, 50_00L), await BooksAsync());

        // What says less than the first, or the same as another, is no news.
        await _scene.ArriveAsync("6.xml", Camt054([new("B1", 10_00)]));
        await _scene.ArriveAsync("7.xml", Camt054([new("B1", 10_00) { EndToEndId = "E2", Text = "in other words" }]));
        Assert.Equal((5L, 5L, 50_00L), await BooksAsync());
    }

    [Fact]
    public async Task Notifications_that_arrive_side_by_side_book_a_movement_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(at => Task.Run(() => _scene.ArriveAsync($"{at}.xml", Camt054([new("B1", 10_00), new($"C{at}", 1_00)])))));
        Assert.Equal((5L, 5L, 14_00L), await BooksAsync());
    }

    [Fact]
    public async Task A_statement_is_compared_and_says_what_no_notification_has_brought()
    {
        await _scene.ArriveAsync("1.xml", Camt054([new("B1-0", 10_00)]));
        var statement = await _scene.ArriveAsync("day.sta", StatementScene.Mt940(1, Monday, 0, 10_00, 3_00), times: 2);

        Assert.Equal("interim", Assert.Single(await _scene.StatementsAsync(statement)).Standing);
        Assert.Equal((1L, 1L, 10_00L), await BooksAsync());
        Assert.Equal([true, false], (await _scene.LinesAsync(statement)).Select(line => line.BookedAs is not null));
        Assert.Equal([("announced_not_booked", "open")], await _scene.FindingsAsync());
        var closing = await _scene.Fresh.App.ReadAsync(_scene.Tenant, async session => await StatementLines.ClosingAtAsync(session, await AccountAsync(session), Monday, default), default);
        Assert.Equal((13_00L, Monday), (closing!.Minor, closing.On));

        await _scene.ArriveAsync("2.xml", Camt054([new("B1-1", 3_00)]));
        Assert.Equal((2L, 2L, 13_00L), await BooksAsync());
        Assert.Equal([("announced_not_booked", "resolved")], await _scene.FindingsAsync());
    }

    [Fact]
    public async Task A_statement_that_comes_first_opens_the_account_and_books_nothing()
    {
        var statement = await _scene.ArriveAsync("day.xml", StatementScene.Camt053(1, Monday, 100_00, 10_00));
        Assert.Equal((0L, 0L, 100_00L), await BooksAsync());
        var notification = await _scene.ArriveAsync("1.xml", Camt054([new("B1", 10_00)]));

        Assert.Equal(Assert.Single(await _scene.LinesAsync(notification)).Id, Assert.Single(await _scene.LinesAsync(statement)).BookedAs);
        Assert.Equal((1L, 1L, 110_00L), await BooksAsync());
        Assert.Equal("duplicate", Assert.Single(await _scene.StatementsAsync(await _scene.ArriveAsync("again.sta", StatementScene.Mt940(1, Monday, 100_00, 10_00)))).Standing);
        Assert.Equal((1L, 1L, 110_00L), await BooksAsync());
    }

    [Fact]
    public async Task What_was_only_announced_before_is_booked_when_it_is_read_again_and_once()
    {
        await BookAsync(TreasuryAccount.Statement);
        var early = await _scene.ArriveAsync("1.xml", Camt054([new("B1", 10_00)]));
        Assert.Equal((0L, 0L, 0L), await BooksAsync());
        await BookAsync(TreasuryAccount.Notification);
        await _scene.ArriveAsync("2.xml", Camt054([new("B1", 10_00), new("B2", 5_00)]));
        Assert.Equal((2L, 2L, 15_00L), await BooksAsync());

        await _scene.RereadAsync(early.Id, times: 2);
        Assert.Equal((2L, 2L, 15_00L), await BooksAsync());
        Assert.NotNull(Assert.Single(await _scene.LinesAsync(early)).BookedAs);

        // What is in the books stays there when its own file is read again.
        foreach (var file in await FilesAsync()) await _scene.RereadAsync(file);
        Assert.Equal((2L, 2L, 15_00L), await BooksAsync());
        Assert.Equal(1, await _scene.Fresh.ScalarAsync<long>("select count(*) from banking.bank_statement_lines where booked_as is not null"));
    }

    /// <summary>Lines that nobody has explained, journals of lines, and the balance at the bank.</summary>
    private async Task<(long Open, long Journals, long Minor)> BooksAsync() => (
        await _scene.Fresh.ScalarAsync<long>("select count(*) from reconciliation.open_lines"),
        await _scene.Fresh.ScalarAsync<long>("select count(*) from ledger.journals where source like 'line:%'"),
        await _scene.Fresh.ScalarAsync<long>("select coalesce(sum(posted_debits - posted_credits), 0)::bigint from ledger.balances join ledger.accounts using (tenant_id, account_id) where code like '%/bank'"));

    private Task BookAsync(string document) => _scene.Fresh.AsSuperuserAsync($"update banking.treasury_accounts set booked_by = '{document}'");

    private async Task<TreasuryAccountId> AccountAsync(Session session) => (await BankAccounts.FindByIbanHashAsync(session, await _scene.Cipher.LookUpHashAsync(_scene.Tenant, StatementScene.Iban, default), default))!.Id;

    private Task<List<StatementFileId>> FilesAsync() =>
        _scene.Fresh.App.ListAsync(_scene.Tenant, "select statement_file_id from banking.bank_statements_raw order by 1", [], row => new StatementFileId(row.GetGuid(0)), default);

    private sealed record Entry(string? Reference, long Minor)
    {
        public string? EndToEndId { get; init; }
        public string Text { get; init; } = "said";
        public bool Pending { get; init; }
    }

    private byte[] Camt054(params Entry[] entries) => Day(entries);

    /// <summary>A file of notifications. No two files have the same bytes.</summary>
    private byte[] Day(params Entry[][] notifications)
    {
        var number = Interlocked.Increment(ref _message);
        var xml = new StringBuilder($"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>M{number}</MsgId></GrpHdr>");
        foreach (var (entries, at) in notifications.Select((entries, at) => (entries, at)))
        {
            xml.Append($"<Ntfctn><Id>N{number}-{at}</Id><Acct><Id><IBAN>{StatementScene.Iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>");
            foreach (var entry in entries)
                xml.Append($"<Ntry><Amt Ccy=\"EUR\">{MinorUnits.Print(Math.Abs(entry.Minor), 2)}</Amt><CdtDbtInd>{(entry.Minor < 0 ? "DBIT" : "CRDT")}</CdtDbtInd><Sts><Cd>{(entry.Pending ? "PDNG" : "BOOK")}</Cd></Sts>")
                    .Append($"<BookgDt><Dt>{Monday:yyyy-MM-dd}</Dt></BookgDt>{(entry.Reference is null ? "" : $"<AcctSvcrRef>{entry.Reference}</AcctSvcrRef>")}<NtryDtls><TxDtls>")
                    .Append($"{(entry.EndToEndId is null ? "" : $"<Refs><EndToEndId>{entry.EndToEndId}</EndToEndId></Refs>")}<RmtInf><Ustrd>{entry.Text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>");
            xml.Append("</Ntfctn>");
        }
        return Encoding.UTF8.GetBytes(xml.Append("</BkToCstmrDbtCdtNtfctn></Document>").ToString());
    }
}
