using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Microsoft.Extensions.Logging;
using Modupay.Banking.Connectors;
using Modupay.Banking.Connectors.Breaker;
using Modupay.Kernel;
using Modupay.Local.Cloud;
using Modupay.Local.Simulators;

namespace Modupay.JourneyTests.Banking;

/// <summary>DynamoDB's stand-in with the coordination table, once for a class of tests.</summary>
public sealed class CoordinationTable : IAsyncLifetime
{
    public const string Name = "coordination";

    private readonly TemporaryFolder _folder = TemporaryFolder.Create();
    private TableEmulator _emulator = null!;

    internal AmazonDynamoDBClient Client { get; private set; } = null!;

    internal BreakerTable Breakers => new(Client, Name);

    public async Task InitializeAsync()
    {
        await NodePackages.EnsureAsync(Console.WriteLine, CancellationToken.None);
        _emulator = await TableEmulator.StartAsync(new TableOptions(_folder.Path), CancellationToken.None);
        Client = Connect(_emulator.Url);
        await Client.CreateTableAsync(new CreateTableRequest
        {
            TableName = Name,
            BillingMode = BillingMode.PAY_PER_REQUEST,
            AttributeDefinitions = [new("pk", ScalarAttributeType.S)],
            KeySchema = [new("pk", KeyType.HASH)],
        });
        // A table that is still being created answers nobody, and a breaker without a table lets calls pass.
        while ((await Client.DescribeTableAsync(Name)).Table.TableStatus != TableStatus.ACTIVE) await Task.Delay(5);
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await _emulator.DisposeAsync();
        _folder.Dispose();
    }

    internal static AmazonDynamoDBClient Connect(string url) =>
        new(new BasicAWSCredentials("local", "local"), new AmazonDynamoDBConfig { ServiceURL = url, AuthenticationRegion = "eu-central-1", MaxErrorRetry = 0 });
}

/// <summary>A simulated bank, and real connectors to it over HTTP.</summary>
internal sealed class BankRig : IAsyncDisposable
{
    public const string Iban = "DE89370400440532013000";
    public const string CreditorIban = "DE02120300000000202051";
    public const long Opening = 10_000_000;
    public const int TimeoutSeconds = 20;

    private readonly TemporaryFolder _folder = TemporaryFolder.Create();
    private readonly BankConnectors _connectors;

    private BankRig(BreakerTable breakers, TimeProvider time)
    {
        var logs = LoggerFactory.Create(logging => logging.AddProvider(new LineCollector(Lines)));
        var secrets = new SecretReferences((name, _) => Secrets.TryGetValue(name, out var secret) ? Task.FromResult(secret) : throw new InvalidOperationException($"There is no secret {name}."), SecretTime);
        _connectors = new BankConnectors(secrets, breakers, new ConnectorLog((call, traceId) =>
        {
            Calls.Enqueue((call, traceId));
            return OnCall(call);
        }, logs.CreateLogger<ConnectorLog>()), time, logs);
    }

    public SimulatedBank Bank { get; private set; } = null!;

    public ConcurrentQueue<(BankCall Call, string? TraceId)> Calls { get; } = new();

    /// <summary>What the product logged, as text.</summary>
    public ConcurrentQueue<string> Lines { get; } = new();

    public ConcurrentDictionary<string, string> Secrets { get; } = new() { ["bank/sandbox/hmac"] = "first secret" };

    /// <summary>How old a remembered secret is, and nothing else, is counted on this clock.</summary>
    public ManualTime SecretTime { get; } = new();

    public Func<BankCall, Task> OnCall { get; set; } = static _ => Task.CompletedTask;

    public string Folder => _folder.Path;

    /// <param name="time">The connector's clock; the bank has its own.</param>
    public static async Task<BankRig> StartAsync(CoordinationTable table, TimeProvider? time = null)
    {
        var rig = new BankRig(table.Breakers, time ?? TimeProvider.System);
        await rig.StartBankAsync(0);
        return rig;
    }

    /// <summary>A rig whose bank is not there (yet).</summary>
    public static BankRig WithoutBank(CoordinationTable table) => new(table.Breakers, TimeProvider.System);

    public async Task StartBankAsync(int port)
    {
        Bank = await SimulatedBank.StartAsync(new SimulatedBankOptions(_folder.Path) { Secret = "first secret", Port = port, Durability = Durability.Throwaway }, CancellationToken.None);
        await Bank.OpenAccountAsync(Iban, "EUR", Opening, CancellationToken.None);
    }

    /// <summary>A connector with a circuit of its own. It is more patient than any test, so that a busy machine is not taken for a silent bank.</summary>
    public IBankConnector Connector(string? url = null, Action<JsonObject>? change = null, ConnectorId? id = null)
    {
        var configuration = new JsonObject
        {
            ["baseUrl"] = url ?? Bank.Url,
            ["keyId"] = SimulatedBank.KeyId,
            ["hmacSecret"] = "secret:bank/sandbox/hmac",
            ["timeoutSeconds"] = TimeoutSeconds,
            ["retry"] = new JsonObject { ["attempts"] = 3, ["firstDelayMs"] = 10, ["longestDelayMs"] = 50 },
        };
        change?.Invoke(configuration);
        var built = _connectors.Build(new TenantId(Guid.CreateVersion7(TimeProvider.System.GetUtcNow())),
            new ConnectorEntry(id ?? Id.New<ConnectorId>(TimeProvider.System), "rest", configuration.ToJsonString()));
        return built.Value;
    }

    public static BankOrder Order(long minor = 12_345, string remittance = "Invoice 2026-0042", string? endToEndId = null)
    {
        var slice = Id.New<SliceId>(TimeProvider.System);
        Assert.True(Formats.RfReference.TryMake(Id.Base32(slice.Value)[^20..], out var reference));
        return new BankOrder(slice, endToEndId ?? reference.Value, Money.Parse(minor, "EUR").Value, Iban, "Commune de Test", "Fournisseur Exemple", CreditorIban, null, remittance);
    }

    public async ValueTask DisposeAsync()
    {
        if (Bank is not null) await Bank.DisposeAsync();
        _connectors.Dispose();
        _folder.Dispose();
    }

    private sealed class LineCollector(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(formatter(state, exception) + exception);

        public void Dispose()
        {
        }
    }
}
