using System.Text;
using Modupay.Formats;
using Xunit;

namespace Modupay.Tests.Formats;

public sealed class CsvTests
{
    private const string Header = "Date;Name;Amount;Currency\r\n";

    [Theory]
    [InlineData("2025-01-02;A;50,00;EUR", 5000)]
    [InlineData("2025-01-02;A;50,00-;EUR", -5000)]
    [InlineData("2025-01-02;A;(50,00);EUR", -5000)]
    [InlineData("2025-01-02;A;\u221250,00;EUR", -5000)]
    [InlineData("2025-01-02;A;1\u00a0250,00;EUR", 125000)]
    [InlineData("2025-01-02;A;1.250,00;EUR", 125000)]
    [InlineData("2025-01-02;A;1,250.00;EUR", 125000)]
    [InlineData("13/01/2025;A;1'250.5;EUR", 125050)]
    [InlineData("2.1.2025;A;50;JPY", 50)]
    public void What_can_be_read_in_one_way_is_read_without_a_profile(string row, long minor)
    {
        var statement = Assert.Single(Parse(Header + row + "\r\n").Statements);
        Assert.Equal(minor, Assert.Single(statement.Lines).AmountMinor);
    }

    [Theory]
    [InlineData("03/04/2025;A;50,00;EUR", "date_ambiguous")]
    [InlineData("2025-01-02;A;1.234;EUR", "amount_ambiguous")]
    [InlineData("2025-01-02;A;50,00", "csv_ragged")]
    [InlineData("2025-01-02;\"A;50,00;EUR", "csv_quote_open")]
    [InlineData("2025-01-02;A;50,00;QQQ", "currency_unknown")]
    public void What_can_be_read_in_two_ways_is_refused(string row, string code)
    {
        var file = Parse(Header + row + "\r\n");
        Assert.False(file.WasRead);
        Assert.Contains(file.Problems, problem => problem.Code == code);
    }

    [Theory]
    [InlineData("2025-01-02;A;EUR 50,00;EUR", 5000)]
    [InlineData("2025-01-02;A;50,00 kr;EUR", 5000)]
    [InlineData("2025-01-02;A;50,00CR;EUR", 5000)]
    [InlineData("2025-01-02;A;50,00 DR;EUR", -5000)]
    public void An_amount_may_carry_its_currency_or_its_direction(string row, long minor) =>
        Assert.Equal(minor, Assert.Single(Assert.Single(Parse(Header + row + "\r\n").Statements).Lines).AmountMinor);

    [Theory]
    [InlineData("Trans. Date,Value Date,Narration,Debit,Credit,Balance\n2025-01-02,2025-01-02,Fee,5.00,,95.00\n2025-01-03,2025-01-03,In,,10.00,105.00\n")]
    [InlineData("#Data operacji;#Opis operacji;#Rachunek;#Kwota;\n2025-01-02;Fee;1;-5,00 PLN;\n2025-01-03;In;1;10,00 PLN;\n")]
    [InlineData("Bokföringsdag;Belopp;Rubrik;Valuta\n2025-01-02;-5,00;Fee;SEK\n2025-01-03;10,00;In;SEK\n")]
    [InlineData("Sąskaitos Nr.;Data;Gavėjas;Paaiškinimai;Suma;Valiuta;D/K\n1;2025-01-02;A;Fee;5,00;EUR;D\n1;2025-01-03;B;In;10,00;EUR;K\n")]
    [InlineData("Tarih;Açıklama;Tutar;Bakiye\n02.01.2025;Fee;-5,00;95,00\n03.01.2025;In;10,00;105,00\n")]
    [InlineData("Buchungsdatum;Avisierungstext;Gutschrift in CHF;Lastschrift in CHF;Valuta;Saldo in CHF\n02.01.2025;Fee;;-5.00;02.01.2025;95.00\n03.01.2025;In;10.00;;03.01.2025;105.00\n")]
    [InlineData("Date de valeur;Libellé;Débit euros;Crédit\n02/01/2025;Fee;-5,00;\n13/01/2025;In;;10,00\n")]
    public void Headers_are_known_in_the_languages_of_many_banks(string text)
    {
        var statement = Assert.Single(Parse(text.Replace("Débit euros", "Débit (€)", StringComparison.Ordinal)).Statements);
        Assert.Equal([-500L, 1000L], statement.Lines.Select(line => line.AmountMinor));
    }

    [Fact]
    public void A_table_without_a_header_is_told_by_its_contents_and_held()
    {
        var signed = Parse("02.01.2025;Fee;02.01.2025;-5,00;EUR\n03.01.2025;In;03.01.2025;10,00;EUR\n");
        Assert.Equal([-500L, 1000L], Assert.Single(signed.Statements).Lines.Select(line => line.AmountMinor));
        Assert.Equal((Standing.Held, "Fee"), (signed.Statements[0].End.Standing, signed.Statements[0].Lines[0].Remittance));
        Assert.Contains(signed.Problems, problem => problem.Code == "csv_header_missing");

        var running = Parse("123456789\tEUR\t20250102\t100,00\t95,00\t-5,00\tFee\n123456789\tEUR\t20250103\t95,00\t105,00\t10,00\tIn\n123456789\tEUR\t20250104\t105,00\t104,00\t-1,00\tOut\n");
        Assert.Equal([-500L, 1000L, -100L], Assert.Single(running.Statements).Lines.Select(line => line.AmountMinor));
        Assert.Equal((10000L, 10400L), (running.Statements[0].Opening!.AmountMinor, running.Statements[0].Closing!.AmountMinor));
    }

    [Theory]
    [InlineData("02.01.2025;Fee;5,00;EUR\n03.01.2025;In;10,00;EUR\n")]
    [InlineData("Datum;Betrag;Soll/Haben\n02.01.2025;5,00;X\n")]
    [InlineData("02.01.2025;Fee;5,00;;EUR\n03.01.2025;In;;10,00;EUR\n04.01.2025;In;;10,00;EUR\n")]
    public void A_direction_nobody_states_is_not_guessed(string text) => Assert.False(Parse(text).WasRead);

    /// <summary>Row numbers and noughts lead from each to the next as well.</summary>
    [Theory]
    [InlineData("1,02.01.2025,1,A\n2,03.01.2025,1,B\n3,04.01.2025,1,C\n")]
    [InlineData("02.01.2025,0.00,7.50,A\n03.01.2025,0.00,7.50,B\n04.01.2025,0.00,7.50,C\n")]
    public void What_proves_itself_by_standing_still_or_by_counting_is_no_amount(string text) => Assert.False(Parse(text).WasRead);

    [Fact]
    public void A_name_that_is_known_keeps_a_column_from_being_taken_for_the_amount()
    {
        var statement = Assert.Single(Parse("Tag;Was;Anders;Saldo\n02.01.2025;A;-5,00;95,00\n03.01.2025;B;-7,00;88,00\n").Statements);
        Assert.Equal([-500L, -700L], statement.Lines.Select(line => line.AmountMinor));
        Assert.Equal(Standing.Held, statement.End.Standing);
        Assert.False(Parse("Tag;Was;Saldo\n02.01.2025;A;-5,00\n03.01.2025;B;-7,00\n").WasRead);
    }

    [Theory]
    [InlineData("D", "C", -500)]
    [InlineData("S", "H", -500)]
    [InlineData("débit", "crédit", -500)]
    [InlineData("debit", "debit", -500)]
    [InlineData("D", "D", 500)]
    [InlineData("A", "B", 500)]
    [InlineData("D", "X", 500)]
    public void A_word_beside_the_amount_tells_the_direction_where_it_is_one_of_a_pair(string first, string second, long minor) =>
        Assert.Equal(minor, Parse($"Datum;Art;Betrag (EUR)\n02.01.2025;{first};5,00\n03.01.2025;{second};10,00\n").Statements[0].Lines[0].AmountMinor);

    [Theory]
    [InlineData("Opening balance")]
    [InlineData("Closing Balance as of 31.01.2025")]
    [InlineData("#Saldo końcowe:")]
    [InlineData("Kontostand am 31.01.2025")]
    public void A_row_that_says_a_balance_is_no_movement(string words)
    {
        var statement = Assert.Single(Parse(Header + $"2025-01-02;A;50,00;EUR\n2025-01-03;{words};70,00;EUR\n").Statements);
        Assert.Equal((1, Standing.Complete), (statement.Lines.Count, statement.End.Standing));
        Assert.Equal("csv_balance_row", Assert.Single(statement.Problems).Code);
    }

    [Theory]
    [InlineData("Closing balance of the invoice")]
    [InlineData("Kontostandsausgleich")]
    public void A_payer_may_write_of_balances(string words) =>
        Assert.Equal(2, Assert.Single(Parse(Header + $"2025-01-02;A;50,00;EUR\n2025-01-03;{words};70,00;EUR\n").Statements).Lines.Count);

    [Theory]
    [InlineData("0,500;EUR", 50)]
    [InlineData("1989.500;EUR", 198950)]
    [InlineData(".250;EUR", 25)]
    public void Three_digits_behind_a_mark_that_closes_no_group_are_decimals(string amount, long minor) =>
        Assert.Equal(minor, Assert.Single(Parse(Header + "2025-01-02;A;" + amount + "\n").Statements).Lines[0].AmountMinor);

    [Fact]
    public void A_profile_decides_what_the_file_leaves_open()
    {
        var profile = DialectProfile.Parse(Encoding.UTF8.GetBytes("""
            { "name": "x", "csv": { "date": "dd/MM/yyyy", "decimal": ".", "columns": { "bookingDate": "Date", "name": "Name", "amount": "Amount", "currency": "Currency" } } }
            """));
        var line = StatementFile.Parse(Encoding.UTF8.GetBytes(Header + "03/04/2025;A;1.50;EUR\r\n"), new ReadOptions(profile)).Statements[0].Lines[0];
        Assert.Equal((150, new DateOnly(2025, 4, 3)), (line.AmountMinor, line.BookingDate!.Value));
    }

    [Fact]
    public void A_profile_that_names_a_field_nobody_knows_is_refused_by_name()
    {
        var exception = Assert.Throws<FormatException>(() => DialectProfile.Parse("""{ "name": "x", "csv": { "columns": { "colour": "Farbe" } } }"""u8.ToArray()));
        Assert.Contains("colour", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_profile_that_comes_along_can_be_read()
    {
        Assert.NotEmpty(DialectProfiles.All);
        Assert.Equal(DialectProfiles.All.Count, DialectProfiles.All.Select(profile => profile.Name).Distinct().Count());
        Assert.All(DialectProfiles.All, profile => Assert.NotNull(DialectProfiles.Find(profile.Name)));
    }

    [Fact]
    public void A_running_balance_proves_the_signs_in_either_order()
    {
        var rows = new[] { "2025-01-02;A;50,00;EUR;150,00", "2025-01-03;B;-20,00;EUR;130,00" };
        foreach (var order in (string[][])[rows, [rows[1], rows[0]]])
        {
            var statement = Parse("Date;Name;Amount;Currency;Balance\r\n" + string.Join("\r\n", order)).Statements[0];
            Assert.Equal((10000L, 13000L), (statement.Opening!.AmountMinor, statement.Closing!.AmountMinor));
        }

        Assert.Contains(Parse("Date;Name;Amount;Currency;Balance\r\n2025-01-02;A;50,00;EUR;150,00\r\n2025-01-03;B;20,00;EUR;130,00").Problems, problem => problem.Code == "balance_column");
    }

    [Fact]
    public void One_bad_row_holds_the_statement_and_keeps_the_others()
    {
        var statement = Assert.Single(Parse(Header + "2025-01-02;A;50,00;EUR\r\nnonsense;B;x;EUR\r\n2025-01-03;C;1,00;EUR\r\n").Statements);
        Assert.Equal((2, Standing.Held), (statement.Lines.Count, statement.End.Standing));
        Assert.Equal(3, Assert.Single(statement.Problems).Position.Line);
    }

    private static ParsedFile Parse(string text) => StatementFile.Parse(Encoding.UTF8.GetBytes(text));
}
