using System.Text;
using Modupay.Banking.Statements;
using Modupay.Formats;

namespace Modupay.DatabaseTests.Banking.Statements;

/// <summary>What a report of the day announces and the statement of the day books is one movement.</summary>
public sealed class AnnouncementTests : IAsyncLifetime
{
    private static readonly DateOnly Monday = new(2026, 3, 2);

    private StatementScene _scene = null!;

    public async Task InitializeAsync() => _scene = await StatementScene.StartAsync();

    public async Task DisposeAsync() => await _scene.DisposeAsync();

    [Fact]
    public async Task What_was_announced_is_booked_once_by_the_statement_and_knows_by_which_line()
    {
        var report = await _scene.ArriveAsync("noon.942", StatementScene.Mt942(Monday, ("B1-0", 10_00), ("B1-1", -5_00)), times: 2);
        Assert.Equal("interim", Assert.Single(await _scene.StatementsAsync(report)).Standing);
        Assert.Equal((0L, 0L), await BookedAsync());

        var statement = await _scene.ArriveAsync("day.sta", StatementScene.Mt940(1, Monday, 100_00, 10_00, -5_00), times: 2);

        Assert.Equal("complete", Assert.Single(await _scene.StatementsAsync(statement)).Standing);
        Assert.Equal((2L, 2L), await BookedAsync());
        var booked = await _scene.LinesAsync(statement);
        Assert.Equal(booked.Select(line => (StatementLineId?)line.Id), (await _scene.LinesAsync(report)).Select(line => line.BookedAs));
        Assert.All(booked, line => Assert.Null(line.BookedAs));
        Assert.Empty(await _scene.FindingsAsync());
    }

    [Fact]
    public async Task Reports_that_repeat_themselves_and_come_after_the_statement_are_linked_all_the_same()
    {
        var statement = await _scene.ArriveAsync("day.sta", StatementScene.Mt940(1, Monday, 100_00, 7_00, 7_00));
        var noon = await _scene.ArriveAsync("noon.942", StatementScene.Mt942(Monday, (null, 7_00)));
        var evening = await _scene.ArriveAsync("evening.942", StatementScene.Mt942(Monday, (null, 7_00), (null, 7_00)));

        var booked = (await _scene.LinesAsync(statement)).ConvertAll(line => (StatementLineId?)line.Id);
        Assert.Equal([booked[0]], (await _scene.LinesAsync(noon)).Select(line => line.BookedAs));
        Assert.Equal(booked, (await _scene.LinesAsync(evening)).Select(line => line.BookedAs));
        Assert.Equal((2L, 2L), await BookedAsync());
    }

    [Fact]
    public async Task The_payments_of_a_notification_lead_to_the_one_entry_that_booked_them()
    {
        var notification = await _scene.ArriveAsync("noon.xml", Camt054(Monday, 10_00, 4_00, 6_00));
        var statement = await _scene.ArriveAsync("day.xml", StatementScene.Camt053(1, Monday, 100_00, 10_00));

        var booked = Assert.Single(await _scene.LinesAsync(statement));
        Assert.Equal([(4_00L, booked.Id), (6_00L, booked.Id)], (await _scene.LinesAsync(notification)).Select(line => (line.Amount.Minor, line.BookedAs!.Value)));
        Assert.Equal((1L, 1L), await BookedAsync());
    }

    [Fact]
    public async Task What_a_later_statement_closes_without_is_found_and_resolved_when_it_is_booked_after_all()
    {
        await _scene.ArriveAsync("noon.942", StatementScene.Mt942(Monday, ("B1-0", 10_00), ("LATE", 3_00)));
        await _scene.ArriveAsync("1.sta", StatementScene.Mt940(1, Monday, 100_00, 10_00));
        Assert.Empty(await _scene.FindingsAsync());

        await _scene.ArriveAsync("2.sta", StatementScene.Mt940(2, Monday.AddDays(1), 110_00, 1_00));
        Assert.Equal([("announced_not_booked", "open")], await _scene.FindingsAsync());

        var late = StatementScene.Statement(3, Monday.AddDays(2), 111_00, 3_00);
        await _scene.ArriveAsync("3.sta", Mt940Writer.Write([late with { Entries = [late.Entries[0] with { BankReference = "LATE" }] }]));
        Assert.Equal([("announced_not_booked", "resolved")], await _scene.FindingsAsync());
        Assert.Equal(3L, (await BookedAsync()).Journals);
    }

    private async Task<(long Open, long Journals)> BookedAsync() => (
        await _scene.Fresh.ScalarAsync<long>("select count(*) from reconciliation.open_lines"),
        await _scene.Fresh.ScalarAsync<long>("select count(*) from ledger.journals where source like 'line:%'"));

    private static byte[] Camt054(DateOnly day, long total, params long[] parts)
    {
        var details = string.Concat(parts.Select((part, at) => $"<TxDtls><Refs><EndToEndId>P{at}</EndToEndId></Refs><Amt Ccy=\"EUR\">{MinorUnits.Print(part, 2)}</Amt></TxDtls>"));
        return Encoding.UTF8.GetBytes($"""
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>M</MsgId></GrpHdr><Ntfctn><Id>N</Id><Acct><Id><IBAN>{StatementScene.Iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>
            <Ntry><Amt Ccy="EUR">{MinorUnits.Print(total, 2)}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day:yyyy-MM-dd}</Dt></BookgDt><NtryDtls>{details}</NtryDtls></Ntry>
            </Ntfctn></BkToCstmrDbtCdtNtfctn></Document>
            """);
    }
}
