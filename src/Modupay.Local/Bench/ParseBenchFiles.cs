using System.Text;
using Modupay.Formats;

namespace Modupay.Local.Bench;

/// <summary>Large statements with known totals. The same size gives the same bytes.</summary>
internal static class ParseBenchFiles
{
    private const int EntriesPerStatement = 500;

    private static readonly string[] Names = ["Bäckerei Groß", "Société Générale Assurances", "Jansen en Zonen B.V.", "Muster AG", "ACME Corporation Europe", "Ferreira Lda"];
    private static readonly string[] Texts = ["Rechnung", "Miete und Nebenkosten", "Beitrag Mitglied", "Bestellung aus dem Netz mit Versand", "Gehalt"];

    public static BenchTotals Write(string path, string format, long size)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        var dice = new Dice();
        var totals = new BenchTotals(0, 0, 0, 0);
        var opening = 1_000_000L;
        var day = new DateOnly(2025, 1, 1);
        if (format != "mt940") file.Write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><GrpHdr><MsgId>BENCH</MsgId><CreDtTm>2025-01-01T00:00:00Z</CreDtTm></GrpHdr>"u8);
        while (file.Position < size)
        {
            var entries = Enumerable.Range(0, EntriesPerStatement).Select(_ => Entry(dice, day)).ToList();
            var sum = entries.Sum(entry => entry.AmountMinor);
            totals = new BenchTotals(
                totals.Statements + 1,
                totals.Lines + entries.Count,
                totals.CreditsMinor + entries.Sum(entry => Math.Max(entry.AmountMinor, 0)),
                totals.DebitsMinor - entries.Sum(entry => Math.Min(entry.AmountMinor, 0)));
            if (format == "mt940") file.Write(Mt940Writer.Write([Statement(totals.Statements, entries, opening, day)]));
            else file.Write(Encoding.UTF8.GetBytes(Camt(totals.Statements, entries, opening, opening + sum, day)));
            opening += sum;
            if (totals.Statements % 50 == 0) day = day.AddDays(1);
        }

        if (format != "mt940") file.Write("</BkToCstmrStmt></Document>"u8);
        return totals;
    }

    private static Mt940Statement Statement(long number, List<Mt940Entry> entries, long opening, DateOnly day) => new()
    {
        Reference = $"BENCH{number}",
        Account = "DE89370400440532013000",
        Sequence = (int)(number % 99_999),
        Currency = "EUR",
        OpeningMinor = opening,
        OpeningDate = day,
        ClosingDate = day,
        Entries = entries,
    };

    private static Mt940Entry Entry(Dice dice, DateOnly day)
    {
        var credit = dice.Next(2) == 0;
        return new Mt940Entry
        {
            AmountMinor = (credit ? 1 : -1) * (1 + dice.Next(1_000_000)),
            ValueDate = day,
            BookingDate = day,
            BusinessCode = credit ? "166" : "116",
            BookingText = credit ? "GUTSCHRIFT" : "UEBERWEISUNG",
            BankReference = $"B{dice.Next(1_000_000_000):000000000}",
            EndToEndId = $"E2E-{dice.Next(1_000_000_000):000000000}-{dice.Next(1_000_000):000000}",
            Remittance = $"{Texts[dice.Next(Texts.Length)]} {dice.Next(1_000_000)} vom {day:dd.MM.yyyy} Kunde {dice.Next(100_000)}",
            CounterpartyName = Names[dice.Next(Names.Length)],
            CounterpartyAccount = "DE" + dice.Next(100).ToString("00") + dice.Next(1_000_000_000).ToString("000000000") + dice.Next(1_000_000_000).ToString("000000000"),
            CounterpartyBic = "COBADEFFXXX",
        };
    }

    private static string Camt(long number, List<Mt940Entry> entries, long opening, long closing, DateOnly day)
    {
        var xml = new StringBuilder(1 << 20);
        xml.Append($"<Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{day:yyyy-MM-dd}T23:00:00Z</CreDtTm><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>");
        Balance(xml, "OPBD", opening, day);
        Balance(xml, "CLBD", closing, day);
        foreach (var entry in entries) Camt(xml, entry, day);
        return xml.Append("</Stmt>").ToString();
    }

    private static void Camt(StringBuilder xml, Mt940Entry entry, DateOnly day)
    {
        var (credit, amount) = (entry.AmountMinor >= 0, MinorUnits.Print(Math.Abs(entry.AmountMinor), 2));
        var (party, role) = (credit ? "Dbtr" : "Cdtr", credit ? "CRDT" : "DBIT");
        xml.Append($"<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{role}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day:yyyy-MM-dd}</Dt></BookgDt><ValDt><Dt>{day:yyyy-MM-dd}</Dt></ValDt>")
            .Append($"<AcctSvcrRef>{entry.BankReference}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{(credit ? "RCDT" : "ICDT")}</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>")
            .Append($"<Prtry><Cd>NTRF+{entry.BusinessCode}</Cd><Issr>DK</Issr></Prtry></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>{entry.EndToEndId}</EndToEndId></Refs><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{role}</CdtDbtInd>")
            .Append($"<RltdPties><{party}><Pty><Nm>{entry.CounterpartyName}</Nm></Pty></{party}><{party}Acct><Id><IBAN>{entry.CounterpartyAccount}</IBAN></Id></{party}Acct></RltdPties>")
            .Append($"<RltdAgts><{party}Agt><FinInstnId><BICFI>{entry.CounterpartyBic}</BICFI></FinInstnId></{party}Agt></RltdAgts><RmtInf><Ustrd>{entry.Remittance}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n");
    }

    private static void Balance(StringBuilder xml, string type, long minor, DateOnly day) => xml.Append(
        $"<Bal><Tp><CdOrPrtry><Cd>{type}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{MinorUnits.Print(Math.Abs(minor), 2)}</Amt><CdtDbtInd>{(minor < 0 ? "DBIT" : "CRDT")}</CdtDbtInd><Dt><Dt>{day:yyyy-MM-dd}</Dt></Dt></Bal>");

    /// <summary>A linear congruential generator: no secrets here, and the same numbers on every machine.</summary>
    private sealed class Dice
    {
        private ulong state = 42;

        public int Next(int below)
        {
            state = unchecked((state * 6364136223846793005UL) + 1442695040888963407UL);
            return (int)((state >> 33) % (ulong)below);
        }
    }
}
