using System.Text;
using Modupay.People;

namespace Modupay.Tests.People;

public sealed class PasswordRulesTests
{
    private static readonly EmailAddress Anna = EmailAddress.Parse("annabelle@example.com").Value;

    [Theory]
    [InlineData("correct staple battery")]
    [InlineData("Tr0mbone-lägerfeuer")]
    [InlineData("twelve chars")]
    [InlineData("пароль из слов")]
    [InlineData("🐢🐢 und 🐇 laufen los")]
    public void A_long_password_of_ones_own_is_accepted(string password) => Assert.Equal(password, PasswordRules.Check(password, Anna).Value);

    [Theory]
    [InlineData("", "too_short")]
    [InlineData("eleven char", "too_short")]
    [InlineData("🐢🐢🐢🐢🐢🐢🐢🐢🐢🐢🐢", "too_short")] // eleven characters, though twenty-two UTF-16 units
    [InlineData("tab\tin the middle", "control_character")]
    [InlineData("aaaaaaaaaaaaaaaa", "too_common")]
    [InlineData("abababababababab", "too_common")]
    [InlineData("Password2024!!", "too_common")]
    [InlineData("p@ssw0rd123456", "too_common")]
    [InlineData("qwertyuiop123", "too_common")]
    [InlineData("AZERTYUIOP!!", "too_common")]
    [InlineData("abcdefghijkl", "too_common")]
    [InlineData("123456789012", "too_common")]
    [InlineData("210987654321", "too_common")]
    [InlineData("correct horse battery staple", "too_common")]
    [InlineData("annabelle@example.com", "contains_email")]
    [InlineData("my annabelle@example.com", "contains_email")]
    [InlineData("Annabelle-1987", "contains_email")]
    public void What_would_be_tried_first_is_refused_with_its_reason(string password, string code)
    {
        var problem = PasswordRules.Check(password, Anna).Problem!;
        Assert.Equal(("invalid_request", "password", code), (problem.Error.Code, problem.Fields![0].Field, problem.Fields[0].Code));
        Assert.DoesNotContain(password.Length > 0 ? password : "never", problem.Detail + problem.Fields[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_longest_password_has_128_characters()
    {
        var longest = string.Concat(Enumerable.Range(0, 64).Select(i => $"{(char)('a' + i * 7 % 26)}{i % 10}"));
        Assert.Null(PasswordRules.Check(longest, Anna).Problem);
        Assert.Equal("too_long", PasswordRules.Check(longest + "x", Anna).Problem!.Fields![0].Code);
    }

    [Theory]
    [InlineData("cafe\u0301 au lait", "café au lait")]
    [InlineData("A\u030angstro\u0308m", "Ångström")]
    [InlineData("Vie\u0323\u0302t Nam", "Việt Nam")]
    [InlineData("Vie\u0302\u0323t Nam", "Việt Nam")]
    [InlineData("\u1ec7", "\u1ec7")]
    [InlineData("και\u0301", "καί")]
    [InlineData("и\u0306", "й")]
    [InlineData("a\u0301\u0301", "á\u0301")]
    [InlineData("\u0301a", "\u0301a")]
    [InlineData("no\u00a0break\u3000space", "no break space")]
    public void The_same_keys_make_the_same_password_on_every_machine(string typed, string prepared) => Assert.Equal(prepared, PasswordRules.Prepare(typed));

    /// <summary>Composed again is the same, and so is what it is made of: a property of NFC over every pair of the table.</summary>
    [Fact]
    public void Composing_twice_changes_nothing()
    {
        foreach (var letter in Enumerable.Range(0xC0, 0x1FFF - 0xC0).Select(code => (char)code).Where(char.IsLetter))
        {
            var once = PasswordRules.Prepare(letter.ToString());
            Assert.Equal(once, PasswordRules.Prepare(once));
            foreach (var mark in "\u0300\u0301\u0308\u0323\u0327\u0328")
                Assert.Equal(PasswordRules.Prepare(letter + mark.ToString()), PasswordRules.Prepare(once + mark));
        }
    }

    [Fact]
    public void A_password_is_recognised_in_another_spelling_and_its_hash_names_its_cost()
    {
        var passwords = new Passwords(iterations: 1000);
        var hash = passwords.Hash(PasswordRules.Prepare("crème brûlée maison"));
        Assert.Equal(PasswordCheck.Right, passwords.Verify(hash, "cre\u0300me bru\u0302le\u0301e maison"));
        Assert.Equal(PasswordCheck.Wrong, passwords.Verify(hash, "creme brulee maison"));
        Assert.Equal(PasswordCheck.RightButWeak, new Passwords(iterations: 2000).Verify(hash, "crème brûlée maison"));
        Assert.Equal(PasswordCheck.Wrong, passwords.Verify(null, "crème brûlée maison"));
        // ASP.NET Core's format 3: a marker, the pseudo-random function (2 is HMAC-SHA-512), the iterations.
        var header = Convert.FromBase64String(new Passwords().Hash("x")).AsSpan(0, 9);
        Assert.Equal((1, 2u, 210_000u), (header[0], System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(header[1..]), System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(header[5..])));
    }

    [Theory]
    [InlineData(" Anna.Meyer+work@Example.COM ", "anna.meyer+work@example.com")]
    [InlineData("o'brien@xn--mller-kva.example", "o'brien@xn--mller-kva.example")]
    public void An_address_is_written_one_way(string typed, string address) => Assert.Equal(address, EmailAddress.Parse(typed).Value.Text);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("anna")]
    [InlineData("anna@")]
    [InlineData("@example.com")]
    [InlineData("anna@localhost")]
    [InlineData("anna@example..com")]
    [InlineData("anna@-example.com")]
    [InlineData("anna@example.123")]
    [InlineData("a..b@example.com")]
    [InlineData("anna@example.com\r\nBcc: all@example.com")]
    [InlineData("\"anna\"@example.com")]
    [InlineData("anna <anna@example.com>")]
    [InlineData("anna@example.com,bert@example.com")]
    [InlineData("änna@example.com")]
    public void What_is_no_address_is_refused(string? typed) => Assert.Equal("email_invalid", EmailAddress.Parse(typed).Problem!.Fields![0].Code);

    [Fact]
    public void An_address_does_not_print_itself() => Assert.DoesNotContain("example", Anna.ToString() + $"{new { Anna }}", StringComparison.Ordinal);
}
