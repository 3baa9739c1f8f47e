using System.Text.Encodings.Web;
using Modupay.Notifications.Mail;
using Modupay.Tenancy;

namespace Modupay.People;

/// <summary>Where the links in letters lead. The token stands behind a #, which no browser sends to a server and no server writes into its log.</summary>
internal sealed class PeopleLinks(string? publicUrl)
{
    public string Invitation(OpaqueToken token) => Of("invitation", token);

    public string Reset(OpaqueToken token) => Of("password-reset", token);

    /// <summary>Without a page to open, the letter holds the token, to be pasted where it is asked for.</summary>
    private string Of(string page, OpaqueToken token) => publicUrl is null ? token.Text : $"{publicUrl}/{page}#{token.Text}";
}

/// <summary>What we write to people about their accounts, as plain text and as a page without pictures or scripts.</summary>
internal static class Letters
{
    public static Mail Invitation(EmailAddress to, string organization, Role role, string link) => Write("invitation", to.Text,
        $"Join {Line(organization)} on Modupay",
        [$"You have been invited to join {Line(organization)} as {Roles.Name(role).Replace('_', ' ')}.", "Open this link within seven days to accept. It works once."], link,
        "If you do not know why you got this letter, ignore it: nothing happens.");

    public static Mail PasswordReset(EmailAddress to, string link) => Write("password_reset", to.Text, "Set a new password",
        ["Somebody asked to set a new password for your Modupay account.", "Open this link within thirty minutes to choose one. It works once, and ends every session you have."], link,
        "If it was not you, ignore this letter: your password stays as it is.");

    /// <summary>The same letter to nobody: asking for an account that does not exist takes the same way and the same time.</summary>
    public static Mail NoReset(EmailAddress asked, string link) => PasswordReset(asked, link) with { To = null };

    public static Mail PasswordChanged(EmailAddress to) => Write("password_changed", to.Text, "Your password was changed",
        ["The password of your Modupay account was changed.", "If it was you, there is nothing to do."], null,
        "If it was not you, set a new password at once and tell an owner of your organization.");

    public static Mail TotpDisabled(EmailAddress to) => Write("totp_disabled", to.Text, "Your second factor was switched off",
        ["Your Modupay account now asks for a password only, and for no code.", "If it was you, there is nothing to do."], null,
        "If it was not you, set a new password at once and tell an owner of your organization.");

    private static Mail Write(string kind, string to, string subject, IReadOnlyList<string> paragraphs, string? link, string last)
    {
        var lines = new List<string>(paragraphs);
        if (link is not null) lines.Add(link);
        lines.Add(last);
        var html = string.Concat(lines.Select(line => line == link && link!.StartsWith("http", StringComparison.Ordinal)
            ? $"<p><a href=\"{HtmlEncoder.Default.Encode(line)}\">{HtmlEncoder.Default.Encode(line)}</a></p>"
            : $"<p>{HtmlEncoder.Default.Encode(line)}</p>"));
        return new(kind, to, subject, string.Join("\n\n", lines), $"<!doctype html><html><body style=\"font-family:sans-serif;max-width:40em\">{html}</body></html>");
    }

    /// <summary>A name stands in a subject, where a line break would begin another header.</summary>
    private static string Line(string name) => string.Concat(name.Select(character => char.IsControl(character) ? ' ' : character));
}
