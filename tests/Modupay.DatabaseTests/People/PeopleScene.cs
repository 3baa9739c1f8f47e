using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Amazon.KeyManagementService;
using Amazon.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Audit;
using Modupay.Aws;
using Modupay.DatabaseTests.Notifications;
using Modupay.Deployment;
using Modupay.Local.Cloud;
using Modupay.Notifications.Mail;
using Modupay.People;
using Modupay.Tenancy;
using Modupay.Triggers;

namespace Modupay.DatabaseTests.People;

/// <summary>The people's routes over one database, with the real KMS stand-in behind the tokens, a mailbox behind the letters, and a clock that only the test moves.</summary>
internal sealed partial class PeopleScene : IAsyncDisposable
{
    public const string Password = "correct trombone battery";
    private const string Public = "https://pay.example.com";

    private readonly TemporaryFolder _folder = TemporaryFolder.Create();
    private KmsStandIn _kms = null!;
    private AmazonKeyManagementServiceClient _kmsClient = null!;
    private AwsJsonClient _sesClient = null!;
    private HttpClient _http = null!;
    private TestApi _api = null!;
    private int _mailsTaken;

    public TestClock Clock { get; } = new(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero));
    public FreshDatabase Fresh { get; private set; } = null!;
    public Database Database { get; private set; } = null!;
    public FieldCipher Cipher { get; private set; } = null!;
    public SesStandIn Mailbox { get; private set; } = null!;
    public DeliverMail Delivery { get; private set; } = null!;
    public PeopleParts Parts { get; private set; } = null!;
    public OrganizationWithKey Organization { get; private set; } = null!;

    public static async Task<PeopleScene> StartAsync()
    {
        var scene = new PeopleScene { Fresh = await FreshDatabase.CreateAsync() };
        var keys = Manifest.TokenKeys.ToDictionary(key => "alias/" + key.Name, key => key.Spec, StringComparer.Ordinal);
        keys["alias/data"] = "SYMMETRIC_DEFAULT";
        scene._kms = await KmsStandIn.StartAsync(new KmsOptions(scene._folder.Path) { Keys = keys }, CancellationToken.None);
        scene._kmsClient = new(new BasicAWSCredentials("local", "local"), new AmazonKeyManagementServiceConfig { ServiceURL = scene._kms.Url, AuthenticationRegion = "eu-central-1" });
        scene.Mailbox = await SesStandIn.StartAsync(new SesOptions(Directory.CreateDirectory(Path.Combine(scene._folder.Path, "mails")).FullName), CancellationToken.None);
        scene._sesClient = new(AwsJsonServiceOf(), new AwsJsonConfig(AwsJsonServiceOf()) { ServiceURL = scene.Mailbox.Url, AuthenticationRegion = "eu-central-1", DefaultAWSCredentials = new BasicAWSCredentials("local", "local") });
        scene.Database = scene.Fresh.At(scene.Clock);
        scene.Cipher = new FieldCipher(new DataKeys(scene.Database, scene._kmsClient, "alias/data"));
        scene.Delivery = new DeliverMail(scene.Database, scene.Cipher, new SesClient(scene._sesClient), "no-reply@modupay.example", NullLogger<DeliverMail>.Instance);
        scene.Parts = scene.NewParts();
        scene.Organization = await Organizations.CreateAsync(scene.Database, "Commune de Test", live: false, CancellationToken.None);
        scene._api = await TestApi.StartAsync(scene.Database, scene.Clock, PeopleModule.MapRoutes, services => services.AddSingleton(scene.Cipher).AddPeople(() => scene.Parts));
        scene._http = scene._api.Client("none");
        scene._http.DefaultRequestHeaders.Authorization = null;
        return scene;
    }

    /// <summary>Another process with the same database and keys, and nothing remembered.</summary>
    public PeopleParts NewParts(int iterations = 1000) => new(Database, Cipher, new SigningKeys(Database, _kmsClient, name => "alias/" + name), Public, Public, new Passwords(iterations));

    public async Task<Answer> SendAsync(string method, string path, object? body = null, string? token = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body is JsonNode node ? node.ToJsonString() : (string)body, Encoding.UTF8, "application/json");
        if (token is not null) request.Headers.Add("Authorization", "Bearer " + token);
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        using var response = await _http.SendAsync(request);
        return new((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!, response.Headers.RetryAfter?.ToString());
    }

    /// <summary>Invites, reads the letter and accepts: a member with tokens.</summary>
    public async Task<Member> JoinAsync(string email, Role role = Role.Owner, OrganizationId? organization = null, string name = "Anna Beispiel")
    {
        var token = await InviteAsync(email, role, organization);
        var accepted = await SendAsync("POST", "/v1/invitations/accept", new JsonObject { ["token"] = token, ["name"] = name, ["password"] = Password });
        Assert.True(accepted.Status == 201, accepted.Body.ToJsonString());
        return new(email, accepted.Text("data.user"), accepted.Text("data.accessToken"), accepted.Text("data.refreshToken"));
    }

    /// <summary>An invitation as the first owner gets one; answers the token in its letter.</summary>
    public async Task<string> InviteAsync(string email, Role role = Role.Owner, OrganizationId? organization = null, IReadOnlyList<DepartmentId>? departments = null)
    {
        var into = organization ?? Organization.Id;
        var draft = await Parts.Invitations.DraftAsync(into, EmailAddress.Parse(email).Value, role, CancellationToken.None);
        var made = await Database.TransactAsync<Invitation>(await Parts.Tenants.LiveAsync(into, CancellationToken.None),
            unit => Invitations.InsertAsync(unit, into, draft, role, departments ?? [], Actor.OfSystem("test"), CancellationToken.None), CancellationToken.None);
        Assert.Null(made.Problem);
        return TokenIn(await LetterAsync());
    }

    public Task<Answer> LoginAsync(string email, string password = Password, string? totp = null, string? recoveryCode = null, string? organization = null)
    {
        var body = new JsonObject { ["email"] = email, ["password"] = password };
        if (totp is not null) body["totp"] = totp;
        if (recoveryCode is not null) body["recoveryCode"] = recoveryCode;
        if (organization is not null) body["organization"] = organization;
        return SendAsync("POST", "/v1/auth/login", body);
    }

    public Task<Answer> RefreshAsync(string token) => SendAsync("POST", "/v1/auth/refresh", new JsonObject { ["refreshToken"] = token });

    /// <summary>Switches the second factor on; answers the seed and the recovery codes.</summary>
    public async Task<(byte[] Seed, IReadOnlyList<string> Codes)> EnrolAsync(Member member)
    {
        var proposed = await SendAsync("POST", "/v1/me/totp", new JsonObject { ["password"] = Password }, member.Access);
        Assert.True(proposed.Status == 200, proposed.Body.ToJsonString());
        var seed = FromBase32(proposed.Text("data.secret"));
        var enabled = await SendAsync("POST", "/v1/me/totp/verify", new JsonObject { ["totp"] = CodeOf(seed) }, member.Access);
        Assert.True(enabled.Status == 200, enabled.Body.ToJsonString());
        return (seed, [.. enabled.Body["data"]!["codes"]!.AsArray().Select(code => (string)code!)]);
    }

    public string CodeOf(byte[] seed) => Totp.Code(seed, Totp.StepAt(Clock.GetUtcNow()), Totp.Digits);

    /// <summary>Delivers what is queued; answers the last letter that arrived.</summary>
    public async Task<KeptMail> LetterAsync()
    {
        Assert.Empty(await DeliverAsync(TakeMails()));
        return Mailbox.Kept[^1];
    }

    public IReadOnlyList<QueuedMessage> TakeMails()
    {
        var sent = Fresh.Queue.Sent.Where(item => item.Queue == SealedMail.Queue).Skip(_mailsTaken).Select(item => item.Message).ToList();
        _mailsTaken += sent.Count;
        return sent;
    }

    public async Task<IReadOnlyList<string>> DeliverAsync(IEnumerable<QueuedMessage> messages)
    {
        var batch = new SqsBatch([.. messages.Select(message => new SqsMessage(message.Id.ToString(), "receipt", message.Body,
            new Dictionary<string, string>(StringComparer.Ordinal), new Dictionary<string, SqsMessageAttribute>(StringComparer.Ordinal), "aws:sqs", "arn:aws:sqs:eu-central-1:1:email", "eu-central-1"))]);
        return [.. (await Delivery.HandleAsync(batch, CancellationToken.None)).BatchItemFailures.Select(failure => failure.ItemIdentifier)];
    }

    /// <summary>The token behind the # of the letter's link.</summary>
    public static string TokenIn(KeptMail letter) => Link().Match(letter.Text) is { Success: true } found ? found.Groups["token"].Value : throw new InvalidOperationException("No link in " + letter.Text);

    /// <summary>What the audit logs say of people, in alphabetical order, without the platform's own keys.</summary>
    public Task<List<string>> AuditAsync() => Fresh.LinesAsync("select action || ' ' || actor_kind from audit.entries where action not like 'signing_key%' order by 1");

    public async Task<bool> AuditIntactAsync(TenantId tenant) => (await Database.ReadAsync(tenant, session => AuditVerification.RunAsync(session, null, default), default)).Findings.Count == 0;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _api.DisposeAsync();
        await Fresh.DisposeAsync();
        _sesClient.Dispose();
        await Mailbox.DisposeAsync();
        _kmsClient.Dispose();
        await _kms.DisposeAsync();
        _folder.Dispose();
    }

    private static Aws.AwsJsonService AwsJsonServiceOf() => Aws.AwsJsonService.Ses;

    private static byte[] FromBase32(string text)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var bits = string.Concat(text.Select(letter => Convert.ToString(alphabet.IndexOf(letter, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2))];
    }

    [GeneratedRegex(@"^https://pay\.example\.com/(invitation|password-reset)#(?<token>mp_(invite|reset)_[A-Za-z0-9_-]{43})\r?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();
}

internal sealed record Member(string Email, string User, string Access, string Refresh);

internal sealed record Answer(int Status, JsonNode Body, string? RetryAfter = null)
{
    public string? Code => (string?)Body["error"]?["code"];

    /// <summary>A member by its path, such as <c>data.0.id</c>.</summary>
    public string Text(string path) =>
        path.Split('.').Aggregate(Body, (node, name) => (int.TryParse(name, out var index) ? node[index] : node[name]) ?? throw new InvalidOperationException($"No {path} in {Body.ToJsonString()}")).ToString();

    public int Count => Body["data"]!.AsArray().Count;
}
