using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Local;
using Modupay.Local.Cloud;
using Modupay.People;

namespace Modupay.JourneyTests.Journeys;

/// <summary>From the letter that invites somebody to the letter that lets him set a new password, through the running platform.</summary>
[Collection(Journeys.Name)]
public sealed partial class PeopleJourneyTests(RunningCloud running)
{
    private const string Operator = "operator@people.example", Owner = "owner@people.example";
    private const string FirstPassword = "correct trombone battery", SecondPassword = "quiet lantern pavement";

    private readonly List<string> _secrets = [Operator, Owner, FirstPassword, SecondPassword, "Annabelle Beispiel"];

    [Fact]
    public async Task Somebody_is_invited_logs_in_with_two_factors_leaves_everywhere_and_forgets_his_password()
    {
        var organization = await DemoOrganization.CreateAsync(running.Cloud, CancellationToken.None);

        // The first operator is invited by whoever runs the platform, and invites the first owner.
        await using (var services = await Services.OpenAsync(running.Cloud.SettingsOf("api"), LocalCloud.Time, NullLoggerFactory.Instance, CancellationToken.None))
            Assert.Null((await PeopleDoor.InviteOperatorAsync(services, Operator, CancellationToken.None)).Problem);
        var operatorTokens = await AcceptAsync(Operator);
        using var operators = new ApiClient(running.Cloud.ApiUrl, Secret(operatorTokens, "accessToken"));
        var invited = await operators.PostAsync($"/v1/organizations/{organization.Organization}/first-owner", new JsonObject { ["email"] = Owner }, "first-owner", CancellationToken.None);
        Assert.Equal((201, "owner"), (invited.Status, (string?)invited.Data?["role"]));

        var first = await AcceptAsync(Owner);
        using var owner = new ApiClient(running.Cloud.ApiUrl, Secret(first, "accessToken"));
        // A person does what a key does: the same endpoints, in the mode of the header.
        Assert.Equal(200, (await owner.GetAsync("/v1/treasury-accounts", CancellationToken.None)).Status);

        var proposed = await owner.PostAsync("/v1/me/totp", new JsonObject { ["password"] = FirstPassword }, null, CancellationToken.None);
        var seed = FromBase32(Secret(proposed.Data!, "secret"));
        var enabled = await owner.PostAsync("/v1/me/totp/verify", new JsonObject { ["totp"] = CodeOf(seed, 0) }, null, CancellationToken.None);
        Assert.Equal(200, enabled.Status);
        string[] codes = [.. enabled.Data!["codes"]!.AsArray().Select(code => (string)code!)];
        _secrets.AddRange(codes);

        Assert.Equal("totp_required", (await LoginAsync(FirstPassword)).Code);
        var login = await LoginAsync(FirstPassword, CodeOf(seed, 1));
        Assert.Equal(200, login.Status);
        var refreshed = await Open().PostAsync("/v1/auth/refresh", new JsonObject { ["refreshToken"] = Secret(login.Data!, "refreshToken") }, null, CancellationToken.None);
        using var again = new ApiClient(running.Cloud.ApiUrl, Secret(refreshed.Data!, "accessToken"));
        Assert.Equal(2, ((JsonArray)(await again.GetAsync("/v1/me/sessions", CancellationToken.None)).Data!).Count);

        Assert.Equal(200, (await again.PostAsync("/v1/auth/logout-everywhere", new JsonObject(), null, CancellationToken.None)).Status);
        Assert.Equal(401, (await again.GetAsync("/v1/me", CancellationToken.None)).Status);
        Assert.Equal("refresh_token_invalid", (await Open().PostAsync("/v1/auth/refresh", new JsonObject { ["refreshToken"] = (string)refreshed.Data!["refreshToken"]! }, null, CancellationToken.None)).Code);

        Assert.Equal(202, (await Open().PostAsync("/v1/auth/password-reset", new JsonObject { ["email"] = Owner }, null, CancellationToken.None)).Status);
        var reset = await TokenAsync(Owner, "Set a new password");
        Assert.Equal(200, (await Open().PostAsync("/v1/auth/password-reset/confirm", new JsonObject { ["token"] = reset, ["password"] = SecondPassword }, null, CancellationToken.None)).Status);
        Assert.Equal("invalid_credentials", (await LoginAsync(FirstPassword, CodeOf(seed, 1))).Code);
        var recovered = await Open().PostAsync("/v1/auth/login", new JsonObject { ["email"] = Owner, ["password"] = SecondPassword, ["recoveryCode"] = codes[^1] }, null, CancellationToken.None);
        Assert.True(recovered.Status == 200, recovered.Body?.ToJsonString());

        NothingSecretWasLogged();
    }

    private async Task<JsonNode> AcceptAsync(string email)
    {
        var token = await TokenAsync(email, "Join");
        var accepted = await Open().PostAsync("/v1/invitations/accept", new JsonObject { ["token"] = token, ["name"] = "Annabelle Beispiel", ["password"] = FirstPassword }, null, CancellationToken.None);
        Assert.True(accepted.Status == 201, accepted.Body?.ToJsonString());
        _ = Secret(accepted.Data!, "refreshToken");
        return accepted.Data!;
    }

    private async Task<ApiAnswer> LoginAsync(string password, string? totp = null)
    {
        var body = new JsonObject { ["email"] = Owner, ["password"] = password };
        if (totp is not null) body["totp"] = totp;
        var answer = await Open().PostAsync("/v1/auth/login", body, null, CancellationToken.None);
        if (answer.Status == 200) _ = Secret(answer.Data!, "accessToken");
        return answer;
    }

    /// <summary>The token behind the # of the link, once the letter has arrived.</summary>
    private async Task<string> TokenAsync(string email, string subject)
    {
        var letter = await Eventually.FindAsync(() => Task.FromResult(running.Cloud.Mails.Kept.LastOrDefault(mail => mail.To == email && mail.Subject.StartsWith(subject, StringComparison.Ordinal))),
            () => $"No letter '{subject}' came to {email}.");
        var link = Link().Match(letter.Text);
        Assert.StartsWith(running.Cloud.ApiUrl, link.Value, StringComparison.Ordinal);
        _secrets.Add(link.Groups["token"].Value);
        return link.Groups["token"].Value;
    }

    private string Secret(JsonNode data, string name)
    {
        var secret = (string)data[name]!;
        _secrets.Add(secret);
        return secret;
    }

    private ApiClient Open() => new(running.Cloud.ApiUrl, null);

    /// <summary>Greps everything every function wrote during the journey.</summary>
    private void NothingSecretWasLogged()
    {
        Assert.Contains(running.Lines, line => line.StartsWith("email-delivery", StringComparison.Ordinal) && line.Contains("is finished", StringComparison.Ordinal)); // The logs that are searched are the real ones.
        Assert.Contains(running.Lines, line => line.StartsWith("mails\tA mail was put into", StringComparison.Ordinal));
        foreach (var secret in _secrets) Assert.DoesNotContain(running.Lines, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
    }

    private static string CodeOf(byte[] seed, int stepsAhead) => Totp.Code(seed, Totp.StepAt(LocalCloud.Time.GetUtcNow()) + stepsAhead, Totp.Digits);

    private static byte[] FromBase32(string text)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var bits = string.Concat(text.Select(letter => Convert.ToString(alphabet.IndexOf(letter, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2))];
    }

    [GeneratedRegex(@"^http\S+#(?<token>mp_\S+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();
}
