using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Modupay.People;

/// <summary>
/// What a password may be: long, and not what everybody tries first. No rule asks for digits or signs; length is what protects (NIST SP 800-63B §3.1.1).
/// </summary>
internal static class PasswordRules
{
    private const int MinLength = 12;
    private const int MaxLength = 128;
    private const int FewestDistinct = 5;
    private const int LongestRun = 8;

    /// <summary>Words that common passwords are made of, however they are padded: "Password2024!!", "qwertyuiop123".</summary>
    private static readonly FrozenSet<string> CommonWords = new[]
    {
        "password", "passwort", "motdepasse", "contrasena", "passw", "qwerty", "qwertyuiop", "qwertz", "qwertzuiop", "azerty", "azertyuiop", "asdfghjkl", "zxcvbnm", "qazwsxedc", "qazwsxedcrfv",
        "letmein", "welcome", "bienvenue", "willkommen", "iloveyou", "ichliebedich", "jetaime", "administrator", "admin", "adminadmin", "changeme", "changemenow", "secret", "supersecret", "trustno",
        "football", "baseball", "sunshine", "princess", "princesse", "superman", "batman", "starwars", "pokemon", "dragon", "monkey", "master", "whatever", "freedom", "computer", "internet",
        "summer", "winter", "spring", "autumn", "sommer", "soleil", "bonjour", "hallo", "hello", "helloworld", "test", "testtest", "testing", "default", "guest", "temporary", "modupay", "modupaymodupay",
        "correcthorsebatterystaple", "thisismypassword", "mypassword", "mypasswordis", "passwordpassword", "newpassword", "yourpassword", "iloveyouforever", "loveyou", "lovely", "michael", "jennifer", "charlie",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly IReadOnlyList<string> Runs = ["abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn"];

    /// <summary>The password as it will be hashed, or why it may not be one.</summary>
    public static Result<string> Check(string? password, EmailAddress email, string field = "password")
    {
        var text = Prepare(password ?? "");
        var length = text.EnumerateRunes().Count();
        if (length < MinLength) return Refuse(field, "too_short", $"At least {MinLength} characters. A few words in a row are easy to remember and hard to guess.");
        if (length > MaxLength) return Refuse(field, "too_long", $"At most {MaxLength} characters.");
        if (text.Any(char.IsControl)) return Refuse(field, "control_character", "Characters that can be typed.");

        var lower = text.ToLowerInvariant();
        return IsPersonal(lower, email) ? Refuse(field, "contains_email", "Not made of your e-mail address.")
            : IsCommon(lower) ? Refuse(field, "too_common", "This is among the first that would be tried.")
            : text;
    }

    /// <summary>
    /// The same characters for the same keys on every machine: RFC 8265's OpaqueString, as far as a process without ICU can. A password that is
    /// only checked, and never chosen, goes through here and nothing else.
    /// </summary>
    public static string Prepare(string password)
    {
        var text = new StringBuilder(password.Length);
        foreach (var character in password) text.Append(char.GetUnicodeCategory(character) == UnicodeCategory.SpaceSeparator ? ' ' : character);
        return Composition.Compose(text.ToString());
    }

    private static bool IsPersonal(string lower, EmailAddress email) =>
        lower.Contains(email.Text, StringComparison.Ordinal) || email.Local.Length >= 5 && WithoutPadding(lower).Equals(string.Concat(email.Local.Where(char.IsLetter)), StringComparison.Ordinal);

    private static bool IsCommon(string lower) =>
        lower.Distinct().Count() < FewestDistinct
        || CommonWords.Contains(WithoutPadding(lower)) || CommonWords.Contains(WithoutPadding(Unmasked(lower)))
        || Runs.Any(run => HasRun(lower, run) || HasRun(lower, Reversed(run)));

    private static string WithoutPadding(string lower) => string.Concat(lower.Where(char.IsLetter));

    /// <summary>p@ssw0rd is password. What stands before the first letter and after the last is padding and no mask.</summary>
    private static string Unmasked(string lower)
    {
        var (first, last) = (lower.TakeWhile(character => !char.IsLetter(character)).Count(), lower.Reverse().TakeWhile(character => !char.IsLetter(character)).Count());
        if (first + last >= lower.Length) return lower;
        return lower[first..^last].Replace('0', 'o').Replace('1', 'i').Replace('3', 'e').Replace('4', 'a').Replace('@', 'a').Replace('$', 's').Replace('5', 's');
    }

    /// <summary>A run along the keyboard or the alphabet is one idea, however long it is.</summary>
    private static bool HasRun(string lower, string run) =>
        Enumerable.Range(0, run.Length - LongestRun + 1).Any(start => lower.Contains(run.Substring(start, LongestRun), StringComparison.Ordinal)) && lower.Length < 2 * MinLength;

    private static string Reversed(string text) => new([.. text.Reverse()]);

    private static Problem Refuse(string field, string code, string message) => new(Errors.InvalidRequest, "This password cannot be accepted.", [new(field, code, message)]);
}
