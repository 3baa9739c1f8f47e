using Modupay.People;

namespace Modupay.Tests.People;

public sealed class TotpTests
{
    private static readonly byte[] Seed = "12345678901234567890"u8.ToArray();
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 7, TimeSpan.Zero);

    /// <summary>RFC 6238, appendix B, the rows of SHA-1.</summary>
    [Theory]
    [InlineData(59, "94287082")]
    [InlineData(1111111109, "07081804")]
    [InlineData(1111111111, "14050471")]
    [InlineData(1234567890, "89005924")]
    [InlineData(2000000000, "69279037")]
    [InlineData(20000000000, "65353130")]
    public void The_vectors_of_the_rfc_are_made(long seconds, string code) =>
        Assert.Equal(code, Totp.Code(Seed, Totp.StepAt(DateTimeOffset.FromUnixTimeSeconds(seconds)), digits: 8));

    [Theory]
    [InlineData(-2, false)]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void A_code_counts_one_step_before_and_after_its_own(int away, bool counts)
    {
        var step = Totp.StepAt(Now) + away;
        Assert.Equal(counts ? step : null, Totp.Match(Seed, Totp.Code(Seed, step, Totp.Digits), Now, lastStep: 0));
    }

    [Fact]
    public void A_code_that_was_used_is_spent_and_so_are_those_before_it()
    {
        var step = Totp.StepAt(Now);
        Assert.Null(Totp.Match(Seed, Totp.Code(Seed, step, Totp.Digits), Now, lastStep: step));
        Assert.Null(Totp.Match(Seed, Totp.Code(Seed, step - 1, Totp.Digits), Now, lastStep: step));
        Assert.Equal(step + 1, Totp.Match(Seed, Totp.Code(Seed, step + 1, Totp.Digits), Now, lastStep: step));
    }

    [Theory]
    [InlineData("")]
    [InlineData("12345")]
    [InlineData("1234567")]
    [InlineData("12345a")]
    [InlineData("１２３４５６")]
    public void What_is_no_code_matches_nothing(string code) => Assert.Null(Totp.Match(Seed, code, Now, lastStep: 0));

    [Fact]
    public void The_address_for_authenticator_apps_holds_the_seed_in_base32() => Assert.Equal(
        "otpauth://totp/Modupay%3Aanna%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Modupay&algorithm=SHA1&digits=6&period=30", Totp.Uri(Seed, "anna@example.com"));

    /// <summary>RFC 4648, section 10, without the padding.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Base32_is_that_of_the_rfc(string text, string encoded) => Assert.Equal(encoded, Totp.Base32(System.Text.Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Ten_recovery_codes_differ_and_are_read_however_they_are_typed()
    {
        var codes = RecoveryCode.CreateAll();
        Assert.Equal(RecoveryCode.Count, codes.Distinct(StringComparer.Ordinal).Count());
        Assert.All(codes, code => Assert.Matches("^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$", code));
        Assert.Equal(RecoveryCode.Normalise(codes[0]), RecoveryCode.Normalise(" " + codes[0].ToLowerInvariant().Replace('-', ' ')));
        Assert.Null(RecoveryCode.Normalise(codes[0][..^1]));
    }
}
