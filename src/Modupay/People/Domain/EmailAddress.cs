namespace Modupay.People;

/// <summary>
/// An address that people are known by. Written in lower case, because nobody runs a mailbox <c>Anna@</c> beside <c>anna@</c>, and in plain ASCII,
/// because an address is also what two people could be confused by.
/// </summary>
internal sealed record EmailAddress
{
    private const int MaxLength = 254; // RFC 5321 §4.5.3.1.3, less the angle brackets
    private const int MaxLocal = 64;
    private const string AlsoInLocal = ".!#$%&'*+/=?^_`{|}~-";

    private EmailAddress(string text) => Text = text;

    public string Text { get; }

    public string Local => Text[..Text.IndexOf('@', StringComparison.Ordinal)];

    public static Result<EmailAddress> Parse(string? text, string field = "email")
    {
        var address = text?.Trim().ToLowerInvariant() ?? "";
        return address.Split('@') is [var local, var domain] && address.Length <= MaxLength && IsLocal(local) && IsDomain(domain)
            ? new EmailAddress(address)
            : new Problem(Errors.InvalidRequest, "This is not an e-mail address we can write to.", [new(field, "email_invalid", "An address such as anna@example.com, in ASCII.")]);
    }

    private static bool IsLocal(string local) => local.Length is > 0 and <= MaxLocal && local[0] != '.' && local[^1] != '.' && !local.Contains("..", StringComparison.Ordinal)
        && local.All(character => char.IsAsciiLetterOrDigit(character) || AlsoInLocal.Contains(character, StringComparison.Ordinal));

    private static bool IsDomain(string domain) => domain.Split('.') is { Length: >= 2 } labels
        && labels.All(label => label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(character => char.IsAsciiLetterOrDigit(character) || character == '-'))
        && labels[^1].Any(char.IsAsciiLetter);

    /// <summary>Not the address itself: records print their members, and this one is personal data.</summary>
    public override string ToString() => "an e-mail address";
}
