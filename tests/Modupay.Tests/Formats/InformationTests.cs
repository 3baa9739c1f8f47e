using System.Text;
using Modupay.Formats;
using Xunit;

namespace Modupay.Tests.Formats;

public sealed class InformationTests
{
    [Fact]
    public void German_subfields_become_fields()
    {
        var line = Read("166?00GUTSCHRIFT?109310?20EREF+E-1?21MREF+M-1?22CRED+DE98ZZZ09999999999?23SVWZ+Rechnung 7?30COBADEFFXXX?31DE89370400440532013000?32Anna?33Muster?34901");
        Assert.Equal(("166", "GUTSCHRIFT", "E-1", "M-1", "DE98ZZZ09999999999"), (line.ProprietaryCode, line.BookingText, line.EndToEndId, line.MandateId, line.CreditorId));
        Assert.Equal("Rechnung 7", line.Remittance);
        Assert.Equal(new Counterparty("Anna Muster", "DE89370400440532013000", "COBADEFFXXX"), line.Counterparty);
        Assert.Equal("901", line.ReturnReason);
    }

    [Theory]
    [InlineData("166>00TEXT>20EREF+A1>21SVWZ+B", "A1", "B")]
    [InlineData("166~00TEXT~20EREF+A1~21SVWZ+B", "A1", "B")]
    [InlineData("166^00TEXT^20EREF+A1^21SVWZ+B", "A1", "B")]
    [InlineData("?00TEXT?20EREF+A1?21SVWZ+B", "A1", "B")]
    [InlineData("166?00TEXT?20EREF+A1MREF+M1SVWZ+B", "A1", "B")]
    [InlineData("166?20EREF: A1 SVWZ: B", "A1", "B")]
    [InlineData("EREF+A1 SVWZ+B", "A1", "B")]
    [InlineData("/EREF/A1/REMI/B", "A1", "B")]
    [InlineData("/TRTP/SEPA/EREF/A1//REMI/USTD//B/", "A1", "B")]
    [InlineData("SEPA OVERBOEKING IBAN: NL91ABNA0417164300 BIC: ABNANL2A NAAM: X OMSCHRIJVING: B KENMERK: A1", "A1", "B")]
    [InlineData("B", null, "B")]
    [InlineData("100.00 EUR to friend?20 no", null, "100.00 EUR to friend?20 no")]
    [InlineData("http://x/REMINDER/now", null, "http://x/REMINDER/now")]
    public void Every_dialect_gives_the_same_two_fields(string text, string? endToEnd, string remittance)
    {
        var line = Read(text);
        Assert.Equal((endToEnd, remittance), (line.EndToEndId, line.Remittance));
    }

    [Theory]
    [InlineData("166?20Rechnung 7 IBAN: DE89 3704 0044 0532 0130 00 BIC: COBADEFFXXX?32Anna")]
    [InlineData("TRANSFER FROM IBAN DE89370400440532013000 RENT")]
    public void An_account_that_the_sentence_names_is_the_counterpartys(string text) => Assert.Equal("DE89370400440532013000", Read(text).Counterparty.Account);

    [Fact]
    public void Full_subfields_are_glued_and_short_ones_are_not()
    {
        Assert.Equal("Rechnung 2025 fuer Lieferung", Read("166?20SVWZ+Rechnung 2025 fuer Lie?21ferung").Remittance);
        Assert.Equal("Rechnung 1 vom Montag", Read("166?20SVWZ+Rechnung 1?21vom Montag").Remittance);
    }

    [Fact]
    public void Structured_lines_cut_inside_a_code_word_are_joined_first()
    {
        var line = Read("/TRTP/SEPA OVERBOEKING/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/NA\r\nME/J. de Vries/REMI/F1/ER\r\nEF/E1");
        Assert.Equal(("J. de Vries", "F1", "E1"), (line.Counterparty.Name, line.Remittance, line.EndToEndId));
    }

    [Fact]
    public void A_reference_in_the_text_is_found_and_proven()
    {
        Assert.Equal("RF18539007547034", Read("Payment of RF18 5390 0754 7034 thank you").StructuredReference);
        Assert.Null(Read("Payment of RF19 5390 0754 7034 thank you").StructuredReference);
    }

    [Fact]
    public void The_raw_fields_are_kept()
    {
        var line = Read("free\r\ntext");
        Assert.Equal(":61:250102C50,00NTRFNONREF\n:86:free\r\ntext", line.Raw.ToString());
    }

    [Fact]
    public void A_subfield_of_no_known_kind_is_reported_once()
    {
        var text = Mt940Tests.Statement(":61:250102C25,00NTRFNONREF\r\n:86:166?20A?88X\r\n:61:250102C25,00NTRFNONREF\r\n:86:166?20A?88X");
        Assert.Single(StatementFile.Parse(Encoding.ASCII.GetBytes(text)).Problems, problem => problem.Code == "subfield_unknown");
    }

    private static StatementLine Read(string information) =>
        StatementFile.Parse(Encoding.UTF8.GetBytes(Mt940Tests.Statement(":61:250102C50,00NTRFNONREF\r\n:86:" + information))).Statements[0].Lines[0];
}
