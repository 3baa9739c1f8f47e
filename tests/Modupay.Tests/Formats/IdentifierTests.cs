using System.Text.Json;
using Modupay.Formats;
using Xunit;

namespace Modupay.Tests.Formats;

public sealed class IdentifierTests
{
    [Theory]
    [InlineData("REF 21 00000 00003 13947 14300 09017 THANKS", "210000000003139471430009017")]
    [InlineData("210000000003139471430009017", "210000000003139471430009017")]
    [InlineData("210000000003139471430009016", null)]
    [InlineData("000000000000000000000000000", null)]
    [InlineData("betaling +++090/9337/55493+++", "090933755493")]
    [InlineData("***090/9337/55493***", "090933755493")]
    [InlineData("+++090/9337/55494+++", null)]
    [InlineData("Invoice 12345 of 2026", null)]
    public void A_national_reference_is_taken_when_it_proves_itself(string text, string? reference) =>
        Assert.Equal(reference, NationalReference.TryFind(text, out var found) ? found : null);

    [Theory]
    [InlineData("DE89 3704 0044 0532 0130 00", true)]
    [InlineData("GB29NWBK60161331926819", true)]
    [InlineData("FR1420041010050500013M02606", true)]
    [InlineData("NO9386011117947", true)]
    [InlineData("de89370400440532013000", true)]
    [InlineData("DE88370400440532013000", false)]
    [InlineData("DE8937040044053201300", false)]
    [InlineData("XX89370400440532013000", false)]
    [InlineData("DE89370400440532O13000", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void An_iban_proves_itself(string? text, bool valid) => Assert.Equal(valid, Iban.IsValid(text));

    [Fact]
    public void An_iban_can_be_made_and_printed()
    {
        Assert.Equal("DE89370400440532013000", Iban.FromAccount("DE", "370400440532013000").Value);
        Assert.Equal("DE89 3704 0044 0532 0130 00", Iban.FromAccount("DE", "370400440532013000").Print());
    }

    [Theory]
    [InlineData("RF18539007547034", true)]
    [InlineData("RF18 5390 0754 7034", true)]
    [InlineData("rf18539007547034", true)]
    [InlineData("RF19539007547034", false)]
    [InlineData("RF18", false)]
    [InlineData("RF185390075470341234567890123", false)]
    [InlineData("RF18539007547034ı", false)]
    public void An_rf_reference_proves_itself(string text, bool valid) => Assert.Equal(valid, RfReference.IsValid(text));

    [Fact]
    public void An_rf_reference_is_made_of_our_own_number()
    {
        Assert.True(RfReference.TryMake("539007547034", out var reference));
        Assert.Equal("RF18539007547034", reference.Value);
        Assert.Equal("539007547034", reference.Body);
        Assert.False(RfReference.TryMake("INV-1", out _));
        Assert.False(RfReference.TryMake(new string('1', 22), out _));
    }

    [Fact]
    public void Currencies_have_the_decimals_of_iso_4217()
    {
        Assert.Equal([0, 2, 3, 4, 0], ((string[])["XOF", "EUR", "TND", "CLF", "JPY"]).Select(code => CurrencyCodes.TryGetDecimals(code, out var decimals) ? decimals : -1));
        Assert.False(CurrencyCodes.IsKnown("QQQ"));
    }

    [Theory]
    [InlineData(-1230, 2, "-12.30")]
    [InlineData(-5, 2, "-0.05")]
    [InlineData(0, 3, "0.000")]
    [InlineData(long.MinValue, 2, "-92233720368547758.08")]
    [InlineData(42, 0, "42")]
    public void Minor_units_are_printed_as_decimals(long minor, int decimals, string text) => Assert.Equal(text, MinorUnits.Print(minor, decimals));

    [Fact]
    public void The_published_vectors_agree()
    {
        if (Samples.WithoutCorpora("Identifier vectors")) return;
        using var ibans = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Samples.Corpora!, "providers", "iban", "iban-registry-r102.json")));
        foreach (var country in ibans.RootElement.GetProperty("countries").EnumerateArray()) Assert.True(Iban.IsValid(country.GetProperty("example").GetString()), country.ToString());
        using var references = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Samples.Corpora!, "providers", "sepa", "rf-creditor-reference.json")));
        foreach (var valid in references.RootElement.GetProperty("valid").EnumerateArray()) Assert.True(RfReference.IsValid(valid.GetString()), valid.ToString());
    }
}
