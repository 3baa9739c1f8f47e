using Amazon.KeyManagementService;
using Amazon.Runtime;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Banking;
using Modupay.Local.Cloud;
using Modupay.Notifications;
using Modupay.Notifications.Delivery;
using Modupay.Notifications.Endpoints;
using Modupay.Tenancy;
using Modupay.Triggers;

namespace Modupay.DatabaseTests.Notifications;

/// <summary>One tenant, one receiver that listens on HTTP, and a clock that only the test moves. Everything between them is the product.</summary>
internal sealed class WebhookScene : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create();
    private FreshDatabase _fresh = null!;
    private KmsStandIn _kms = null!;
    private AmazonKeyManagementServiceClient _client = null!;
    private WebhookSender _sender = null!;
    private int _taken;

    public TestClock Clock { get; } = new(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero));
    public FreshDatabase Fresh => _fresh;
    public Database Database { get; private set; } = null!;
    public FieldCipher Cipher { get; private set; } = null!;
    public WebhookReceiver Receiver { get; private set; } = null!;
    public DeliverWebhooks Handler { get; private set; } = null!;
    public EgressPolicy Egress { get; private set; } = null!;
    public OrganizationWithKey Organization { get; private set; } = null!;
    public TenantId Tenant => Organization.Tenant;

    public static async Task<WebhookScene> StartAsync(TimeSpan? timeout = null)
    {
        var scene = new WebhookScene();
        scene._fresh = await FreshDatabase.CreateAsync();
        scene._kms = await KmsStandIn.StartAsync(
            new KmsOptions(scene._folder.Path) { Keys = new Dictionary<string, string>(StringComparer.Ordinal) { ["alias/data"] = "SYMMETRIC_DEFAULT" } }, CancellationToken.None);
        scene._client = new(new BasicAWSCredentials("local", "local"), new AmazonKeyManagementServiceConfig { ServiceURL = scene._kms.Url, AuthenticationRegion = "eu-central-1" });
        scene.Receiver = await WebhookReceiver.StartAsync();
        scene.Database = scene._fresh.At(scene.Clock);
        scene.Cipher = new FieldCipher(new DataKeys(scene.Database, scene._client, "alias/data"));
        scene.Egress = new EgressPolicy(new HashSet<string>(StringComparer.Ordinal) { scene.Receiver.Address });
        scene._sender = new WebhookSender(scene.Egress, scene.Clock, timeout);
        scene.Handler = new DeliverWebhooks(new DeliveryStore(scene.Database, scene.Cipher), scene._sender, NullLogger<DeliverWebhooks>.Instance);
        scene.Organization = await Organizations.CreateAsync(scene.Database, "Commune de Test", live: false, CancellationToken.None);
        return scene;
    }

    /// <summary>An enabled endpoint at the receiver.</summary>
    public async Task<(WebhookEndpointId Id, WebhookSecret Secret)> EndpointAsync(string path = "/hook", bool xSignature = false, params string[] types)
    {
        var id = Id.New<WebhookEndpointId>(Clock);
        var secret = WebhookSecret.Create();
        await Database.TransactAsync<bool>(Tenant, async unit =>
        {
            string[] wanted = types.Length == 0 ? ["*"] : types;
            await unit.ExecuteAsync(WebhookEndpointSql.Insert, [id.Value, Tenant.Value, Receiver.Url(path), null, wanted, xSignature, unit.Now], default);
            return true;
        }, default);
        await AddSecretAsync(id, secret);
        return (id, secret);
    }

    public async Task AddSecretAsync(WebhookEndpointId id, WebhookSecret secret) =>
        await Database.ExecuteAsync(Tenant, WebhookEndpointSql.InsertSecret,
            [Guid.CreateVersion7(Clock.GetUtcNow()), Tenant.Value, id.Value, await Cipher.SealAsync(Tenant, DeliveryStore.SecretField, secret.Text, default), Clock.GetUtcNow()], default);

    public Task PublishAsync(string type = EventTypes.StatementReceived, string subject = "sf_1") => Database.TransactAsync<bool>(Tenant, async unit =>
    {
        await PublishAsync(unit, type, subject);
        return true;
    }, default);

    public static Task PublishAsync(UnitOfWork unit, string type, string subject) => NotificationsDoor.PublishAsync(unit, type, subject,
        new StatementEvent(subject, "bp_1", "relevé.sta", new string('0', 64)), BankingEventsJson.Default.StatementEvent, default);

    /// <summary>What reached the queue since this was last asked.</summary>
    public IReadOnlyList<QueuedMessage> TakeQueued()
    {
        var sent = _fresh.Queue.Sent.Where(item => item.Queue == DeliveryMessage.Queue).Skip(_taken).Select(item => item.Message).ToList();
        _taken += sent.Count;
        return sent;
    }

    /// <summary>Hands the messages to the function; answers those that it wants back.</summary>
    public async Task<IReadOnlyList<string>> HandleAsync(params IEnumerable<QueuedMessage> messages)
    {
        var batch = new SqsBatch([.. messages.Select(message => new SqsMessage(message.Id.ToString(), "receipt", message.Body,
            new Dictionary<string, string>(StringComparer.Ordinal), new Dictionary<string, SqsMessageAttribute>(StringComparer.Ordinal), "aws:sqs", "arn:aws:sqs:eu-central-1:1:webhook-delivery", "eu-central-1"))]);
        return [.. (await Handler.HandleAsync(batch, default)).BatchItemFailures.Select(failure => failure.ItemIdentifier)];
    }

    /// <summary>Delivers what is queued now.</summary>
    public Task<IReadOnlyList<string>> DeliverAsync() => HandleAsync(TakeQueued());

    /// <summary>Lets time pass and the sweep send what has fallen due.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        Clock.Advance(time);
        await new OutboxRelay(_fresh.Queue, NullLogger<OutboxRelay>.Instance).SweepAsync(_fresh.Relay, Clock, 100, default);
    }

    /// <summary>Each delivery as state, attempts and, when one is due, the seconds until it is.</summary>
    public Task<List<string>> DeliveriesAsync() => _fresh.LinesAsync($"""
        select state || ' ' || attempts || coalesce(' in ' || round(extract(epoch from next_attempt_at - '{Clock.GetUtcNow():O}'::timestamptz)) || ' s', '')
        from notify.webhook_deliveries order by delivery_id
        """);

    public async ValueTask DisposeAsync()
    {
        _sender.Dispose();
        await Receiver.DisposeAsync();
        await _fresh.DisposeAsync();
        _client.Dispose();
        await _kms.DisposeAsync();
        _folder.Dispose();
    }
}

internal sealed class TestClock(DateTimeOffset start) : TimeProvider
{
    private DateTimeOffset _now = start;

    public void Advance(TimeSpan time) => _now += time;

    public override DateTimeOffset GetUtcNow() => _now;
}
