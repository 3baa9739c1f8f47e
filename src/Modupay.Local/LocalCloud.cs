using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Modupay.Aws;
using Modupay.Kernel;
using Modupay.Data;
using Modupay.Deployment;
using Modupay.Local.Cloud;
using Modupay.Local.Runtime;
using Modupay.Local.Runtime.StepFunctions;
using Modupay.Local.Simulators;
using Npgsql;

namespace Modupay.Local;

/// <summary>How to run the platform on this machine.</summary>
internal sealed record LocalCloudOptions
{
    /// <summary>Null is the default folder; ignored when <see cref="Ephemeral"/>.</summary>
    public string? DataPath { get; init; }

    /// <summary>Everything in a temporary folder that goes away at the end.</summary>
    public bool Ephemeral { get; init; }

    /// <summary>An existing PostgreSQL instead of the embedded one: postgres://….</summary>
    public string? DatabaseUrl { get; init; }

    /// <summary>Zero for any free port.</summary>
    public int ApiPort { get; init; }

    /// <summary>Functions inside this process, for a debugger; otherwise child processes that can be killed.</summary>
    public bool InProcess { get; init; }

    /// <summary>Deliver messages twice and out of order on purpose; the seed makes a run repeatable.</summary>
    public int? ChaosSeed { get; init; }

    /// <summary>How many sandboxes each event function has.</summary>
    public int Sandboxes { get; init; } = 2;

    /// <summary>How long a minute of a schedule lasts here: whoever watches a laptop has no minute. A day is as much shorter.</summary>
    public TimeSpan ScheduledMinute { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What is going on, for the person at the keyboard.</summary>
    public Action<string> Progress { get; init; } = static _ => { };

    /// <summary>Every line a function writes, with the function's name.</summary>
    public Action<string, string> Output { get; init; } = static (_, _) => { };
}

/// <summary>
/// The whole platform on one machine: PostgreSQL, stand-ins that speak AWS's own wire protocols, and the same functions, queues and workflows
/// that the CDK deploys, from the same manifest.
/// </summary>
internal sealed class LocalCloud : IAsyncDisposable
{
    private const string Environment = "local";
    private const string DatabaseName = "modupay";
    internal const string SecretPrefix = "modupay/local";

    private readonly LocalCloudOptions _options;
    private readonly DataFolder _data;
    private readonly CancellationTokenSource _stop = new();
    private readonly Stack<IAsyncDisposable> _parts = new();
    private readonly List<Task> _loops = [];
    private readonly ILoggerFactory _logs;
    private readonly TaskCompletionSource<EventBridge> _rules = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, string> _common = new(StringComparer.Ordinal);

    private Func<Uri?> _apiAddress = static () => null;

    private LocalCloud(LocalCloudOptions options, DataFolder data)
    {
        (_options, _data) = (options, data);
        _logs = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Warning).AddProvider(new LineLogs(line => options.Output("local", line))));
    }

    public static TimeProvider Time => TimeProvider.System;

    public string DataPath => _data.Path;
    public string ApiUrl { get; private set; } = "";
    public SesStandIn Mails { get; private set; } = null!;
    public PostgresServer Postgres { get; private set; } = null!;
    public SecretsStandIn Secrets { get; private set; } = null!;
    public Executions Workflows { get; private set; } = null!;
    public Scheduler Schedules { get; private set; } = null!;
    public SimulatedBank Bank { get; private set; } = null!;
    public SftpBank SftpBank { get; private set; } = null!;
    public WebhookReceiver Receiver { get; private set; } = null!;
    public FunctionProcesses? Processes { get; private set; }
    public AwsClients Aws { get; private set; } = null!;
    public DocsPage Docs { get; private set; } = null!;

    public static async Task<LocalCloud> StartAsync(LocalCloudOptions options, CancellationToken ct)
    {
        await NodePackages.EnsureAsync(options.Progress, ct);
        var data = options.Ephemeral ? DataFolder.OpenEphemeral() : DataFolder.Open(options.DataPath);
        var cloud = new LocalCloud(options, data);
        try
        {
            await cloud.StartServicesAsync(ct);
            await cloud.PrepareDatabaseAsync(ct);
            await cloud.CreateResourcesAsync(ct);
            await cloud.StartFunctionsAsync(ct);
            return cloud;
        }
        catch
        {
            await cloud.DisposeAsync();
            throw;
        }
    }

    /// <summary>The settings a function of this cloud has: the variables the CDK would give it, with addresses on loopback.</summary>
    public Settings SettingsOf(string function) => new(VariablesOf(Manifest.Functions.Single(spec => spec.Name == function)));

    /// <summary>Drops a file where banks drop theirs.</summary>
    public Task DropStatementAsync(OrganizationId organization, BankProfileId profile, string fileName, byte[] content, CancellationToken ct) =>
        PutAsync("statement-inbox", $"statements/{organization}/{profile}/{fileName}", content, ct);

    private async Task PutAsync(string bucket, string key, byte[] content, CancellationToken ct)
    {
        using var stream = new MemoryStream(content);
        await Aws.S3.PutObjectAsync(new() { BucketName = bucket, Key = key, InputStream = stream }, ct);
    }

    private async Task StartServicesAsync(CancellationToken ct)
    {
        _options.Progress("Starting PostgreSQL and the AWS stand-ins");
        var postgres = _options.DatabaseUrl is { } url
            ? ExistingPostgres.ConnectAsync(url, ct).ContinueWith(task => (PostgresServer)task.GetAwaiter().GetResult(), ct, TaskContinuationOptions.None, TaskScheduler.Default)
            : StartPostgresAsync(ct);
        var kms = KmsStandIn.StartAsync(new KmsOptions(_data.Keys) { Keys = Manifest.Keys.ToDictionary(key => $"alias/modupay-{key.Name}", key => key.Spec, StringComparer.Ordinal) }, ct);
        var secrets = SecretsStandIn.StartAsync(new SecretsOptions(_data.Secrets) { Secrets = FirstSecrets(), Log = line => _options.Output("secrets", line) }, ct);
        var mails = SesStandIn.StartAsync(new SesOptions(_data.Mails) { Log = line => _options.Output("mails", line) }, ct);
        var queues = SqsStandIn.StartAsync(new QueueStoreOptions(_data.Queues) { Durability = Disk, Chaos = _options.ChaosSeed }, 0, ct);
        var tables = TableEmulator.StartAsync(new TableOptions(_data.Tables) { Log = line => _options.Output("tables", line) }, ct);
        var objects = S3StandIn.StartAsync(new ObjectStoreOptions(_data.Objects)
        {
            Durability = Disk,
            Buckets = [.. Manifest.Buckets.Select(bucket => new LocalBucket(bucket.Name, bucket.WriteOnceYears))],
            Created = ObjectCreatedAsync,
            Log = line => _options.Output("objects", line),
        }, 0, ct);

        Postgres = Keep(await postgres);
        var kmsUrl = Keep(await kms).Url;
        Secrets = Keep(await secrets);
        Mails = Keep(await mails);
        var (sqsUrl, s3Url, dynamoUrl) = (Keep(await queues).Url, Keep(await objects).Url, Keep(await tables).Url);
        Bank = Keep(await SimulatedBank.StartAsync(new SimulatedBankOptions(Directory.CreateDirectory(Path.Combine(_data.Path, "bank")).FullName)
        {
            Secret = Secrets.Value($"{SecretPrefix}/bank/sandbox/hmac"),
            Port = Beside(1, "the simulated bank"),
            Durability = Disk,
        }, ct));
        SftpBank = Keep(await SftpBank.StartAsync(_data.SftpBank, line => _options.Output("sftp", line), ct));
        var transfer = Keep(await TransferStandIn.StartAsync(new TransferOptions
        {
            Connectors = new Dictionary<string, IRemoteFiles>(StringComparer.Ordinal) { [SftpBank.Connector] = SftpBank },
            PutAsync = PutAsync,
            Log = line => _options.Output("transfer", line),
        }, ct));
        Receiver = Keep(await WebhookReceiver.StartAsync(Beside(2, "the webhook receiver"), Time, ct));

        // Before there is anything behind it, because links in letters name it.
        ApiUrl = Keep(await HttpFront.StartAsync(new IPEndPoint(IPAddress.Loopback, _options.ApiPort == 0 ? 0 : Ports.FreeOr(_options.ApiPort, "the API")), () => _apiAddress(), new HttpFrontOptions(), ct)).Url;

        foreach (var (name, value) in new (string, string)[]
        {
            ("MODUPAY_ENVIRONMENT", Environment), ("AWS_REGION", AwsAccount.Local.Region), ("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_ENDPOINT_URL_SQS", sqsUrl), ("AWS_ENDPOINT_URL_S3", s3Url), ("AWS_ENDPOINT_URL_DYNAMODB", dynamoUrl), ("AWS_ENDPOINT_URL_KMS", kmsUrl),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", Secrets.Url), ("DATABASE_HOST", Postgres.Host), ("DATABASE_PORT", Postgres.Port.ToString()), ("DATABASE_NAME", DatabaseName),
            ("DATABASE_SSL", Postgres.Ssl), ("TRUSTED_PROXIES", "1"), ("RATE_LIMIT_CREDENTIAL", "60000"), ("RATE_LIMIT_ORGANIZATION", "300000"), ("RATE_LIMIT_ADDRESS", "300000"), ("SECRET_PREFIX", SecretPrefix), ("EGRESS_ALLOW", new Uri(Receiver.Url).Authority),
            ("AWS_ENDPOINT_URL_SESV2", Mails.Url), ("AWS_ENDPOINT_URL_TRANSFER", transfer.Url), ("PUBLIC_URL", ApiUrl), ("MAIL_FROM", "no-reply@modupay.localhost"),
        }) _common[name] = value;
        foreach (var key in Manifest.Keys) _common[FunctionVariables.Name("KEY", key.Name)] = $"alias/modupay-{key.Name}";
        foreach (var bucket in Manifest.Buckets) _common[FunctionVariables.Name("BUCKET", bucket.Name)] = bucket.Name;
        foreach (var table in Manifest.Tables) _common[FunctionVariables.Name("TABLE", table.Name)] = table.Name;
        Aws = new AwsClients(new Settings(_common));
    }

    private async Task<PostgresServer> StartPostgresAsync(CancellationToken ct) => await EmbeddedPostgres.StartAsync(new PostgresOptions
    {
        DataDirectory = _data.Postgres,
        Durability = Disk,
        Log = line => _options.Output("postgres", line),
    }, ct);

    private static Dictionary<string, Func<string>> FirstSecrets()
    {
        var secrets = Manifest.Secrets.ToDictionary(secret => $"{SecretPrefix}/{secret.Name}", secret => (Func<string>)(() =>
            new JsonObject { ["username"] = "modupay_" + secret.Name.Split('/')[1], ["password"] = RandomText() }.ToJsonString()), StringComparer.Ordinal);
        foreach (var name in Manifest.EdgeSecrets) secrets[$"{SecretPrefix}/{name}"] = RandomText;
        secrets[$"{SecretPrefix}/bank/sandbox/hmac"] = RandomText;
        return secrets;
    }

    private static string RandomText() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>As in AWS: an owner who is no superuser, and the roles that its migrations and its secrets make.</summary>
    private async Task PrepareDatabaseAsync(CancellationToken ct)
    {
        var owner = DatabaseLogin.Parse(Secrets.Value($"{SecretPrefix}/database/owner"));
        await using (var administrator = NpgsqlDataSource.Create(Postgres.ConnectionString("postgres")))
        {
            var exists = await ScalarAsync(administrator, "select exists (select from pg_roles where rolname = $1)", [owner.Username], ct) is true;
            var statement = (string)(await ScalarAsync(administrator, $"select format('{(exists ? "alter" : "create")} role %I with login createrole password %L', $1, $2)", [owner.Username, owner.Password], ct))!;
            await ScalarAsync(administrator, statement, [], ct);
            if (await ScalarAsync(administrator, "select exists (select from pg_database where datname = $1)", [DatabaseName], ct) is not true)
                await ScalarAsync(administrator, $"create database {DatabaseName} owner {owner.Username}", [], ct);
        }
        var applied = await MigratorFunction.MigrateAsync(SettingsOf("migrator"), Time, ct);
        if (applied.Count > 0) _options.Progress($"Applied {applied.Count} migrations");
    }

    private static async Task<object?> ScalarAsync(NpgsqlDataSource source, string sql, string[] parameters, CancellationToken ct)
    {
        await using var command = source.CreateCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        return await command.ExecuteScalarAsync(ct);
    }

    private async Task CreateResourcesAsync(CancellationToken ct)
    {
        foreach (var queue in Manifest.Queues)
        {
            var dead = await Aws.Sqs.CreateQueueAsync($"{queue.Name}-dead", new Dictionary<string, string>(), ct);
            var deadArn = (await Aws.Sqs.GetQueueAttributesAsync(dead, ct))["QueueArn"];
            var consumer = Manifest.Functions.Single(function => function.Name == queue.Consumer);
            _common[FunctionVariables.Name("QUEUE", queue.Name)] = await Aws.Sqs.CreateQueueAsync(queue.Name, new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["VisibilityTimeout"] = (consumer.TimeoutSeconds * 6).ToString(),
                ["RedrivePolicy"] = new JsonObject { ["deadLetterTargetArn"] = deadArn, ["maxReceiveCount"] = queue.MaxReceives }.ToJsonString(),
            }, ct);
        }
        foreach (var table in Manifest.Tables) await CreateTableAsync(table, ct);
    }

    private async Task CreateTableAsync(TableSpec table, CancellationToken ct)
    {
        try
        {
            await Aws.DynamoDb.CreateTableAsync(new Amazon.DynamoDBv2.Model.CreateTableRequest
            {
                TableName = table.Name,
                BillingMode = Amazon.DynamoDBv2.BillingMode.PAY_PER_REQUEST,
                AttributeDefinitions = [new(table.PartitionKey, Amazon.DynamoDBv2.ScalarAttributeType.S)],
                KeySchema = [new(table.PartitionKey, Amazon.DynamoDBv2.KeyType.HASH)],
            }, ct);
        }
        catch (Amazon.DynamoDBv2.Model.ResourceInUseException)
        {
            // It survived the last run.
        }
    }

    private async Task StartFunctionsAsync(CancellationToken ct)
    {
        _options.Progress($"Starting {Manifest.Functions.Count(function => function.Trigger is not (Trigger.Deploy or Trigger.Rotation))} functions{(_options.InProcess ? " in this process" : "")}");
        // Seldom and short, like the migrator: no process waits for it.
        Secrets.Rotate = (step, token) => new RotateSecretFunction(SettingsOf("secret-rotation"), Time).RunAsync(step, token);
        var (host, apiAddress) = _options.InProcess ? await StartInProcessAsync(ct) : await StartProcessesAsync(ct);

        var stepFunctions = Keep(await StepFunctionsStandIn.StartAsync(new StepFunctionsOptions(Path.Combine(_data.Path, "executions"))
        {
            Definitions = Manifest.Workflows.ToDictionary(workflow => workflow.Name, Definition, StringComparer.Ordinal),
            Functions = host,
            Log = _logs.CreateLogger<Executions>(),
        }, ct));
        Workflows = stepFunctions.Executions;
        _rules.SetResult(new EventBridge(Manifest.ObjectRules, Workflows));

        foreach (var queue in Manifest.Queues)
        {
            var consumer = Manifest.Functions.Single(function => function.Name == queue.Consumer);
            var mapping = new QueueMapping(queue.Name, _common[FunctionVariables.Name("QUEUE", queue.Name)], consumer.Name, queue.BatchSize, _options.Sandboxes, TimeSpan.FromSeconds(consumer.TimeoutSeconds));
            _loops.Add(new QueuePoller(mapping, Aws.Sqs, host, Time, _logs.CreateLogger<QueuePoller>()).RunAsync(_stop.Token));
        }
        Schedules = new Scheduler(Manifest.Schedules, host, Time, _logs.CreateLogger<Scheduler>()) { Minute = _options.ScheduledMinute };
        _loops.Add(Schedules.RunAsync(_stop.Token));

        _apiAddress = apiAddress;
        Docs = Keep(await DocsPage.StartAsync(ApiUrl, Beside(3, "the documentation page"), ct));
    }

    /// <summary>News of objects from the last run may come before the workflows are up; it waits for them.</summary>
    private async Task ObjectCreatedAsync(ObjectNews created, CancellationToken ct) => await (await _rules.Task.WaitAsync(ct)).ObjectCreatedAsync(created, ct);

    private static string Definition(WorkflowSpec workflow)
    {
        using var stream = typeof(Manifest).Assembly.GetManifestResourceStream($"workflows/{workflow.Name}.asl.json") ?? throw new InvalidOperationException($"No workflow {workflow.Name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Replace("${StatementTasks}", workflow.Tasks, StringComparison.Ordinal);
    }

    /// <summary>With a fixed API port its neighbours are fixed too: a connector and a webhook endpoint remember where their other side is.</summary>
    private int Beside(int offset, string purpose) => _options.ApiPort == 0 ? 0 : Ports.FreeOr(_options.ApiPort + offset, purpose);

    private Durability Disk => _options.Ephemeral ? Durability.Throwaway : Durability.Durable;

    private async Task<(IFunctionHost Host, Func<Uri?> ApiAddress)> StartProcessesAsync(CancellationToken ct)
    {
        var runtimeApi = Keep(new RuntimeApi(Time));
        await runtimeApi.StartAsync(ct);
        var executable = typeof(Modupay.Lambda.Runtime.LambdaProcess).Assembly.Location;
        var processes = Processes = Keep(new FunctionProcesses(runtimeApi, ["dotnet", executable], Time, _options.Output));
        foreach (var function in Manifest.Functions.Where(function => function.Trigger is not (Trigger.Deploy or Trigger.Rotation)))
        {
            processes.Start(new FunctionProgram(function.Name, TimeSpan.FromSeconds(function.TimeoutSeconds), function.Trigger is Trigger.Http or Trigger.Schedule ? 1 : _options.Sandboxes, VariablesOf(function))
            {
                Http = function.Trigger is Trigger.Http,
            });
        }
        await processes.WaitUntilHttpReadyAsync("api", ct);
        return (processes, () => processes.AddressOf("api"));
    }

    private async Task<(IFunctionHost Host, Func<Uri?> ApiAddress)> StartInProcessAsync(CancellationToken ct)
    {
        var handlers = new Dictionary<string, (FunctionHandler Handler, TimeSpan TimeLimit)>(StringComparer.Ordinal);
        foreach (var function in Manifest.Functions.Where(function => function.Trigger is not (Trigger.Http or Trigger.Deploy or Trigger.Rotation)))
            handlers[function.Name] = (await Functions.OpenAsync(SettingsOf(function.Name), Time, _logs, ct), TimeSpan.FromSeconds(function.TimeoutSeconds));

        var services = Keep(await Services.OpenAsync(SettingsOf("api"), Time, _logs, ct));
        var api = Keep(Http.ApiHost.Build(services, "http://127.0.0.1:0", logging => logging.AddProvider(new LineLogs(line => _options.Output("api", line)))));
        await api.StartAsync(ct);
        var address = new Uri(api.Urls.First());
        return (new InProcessFunctions(handlers, Time), () => address);
    }

    /// <summary>The function's own variables as the CDK would write them, and where the stand-ins are. Nothing more, so that what runs here also runs in AWS.</summary>
    private Dictionary<string, string> VariablesOf(FunctionSpec function)
    {
        var role = function.Needs.HasFlag(Needs.OwnerDatabase) ? "owner" : function.Needs.HasFlag(Needs.RelayDatabase) ? "relay" : "app";
        var all = new Dictionary<string, string>(_common, StringComparer.Ordinal)
        {
            ["MODUPAY_FUNCTION"] = function.Name,
            ["DATABASE_SECRET"] = $"{SecretPrefix}/database/{role}",
            ["DATABASE_POOL"] = function.Trigger is Trigger.Http ? "32" : "12",
        };
        var own = FunctionVariables.Of(function);
        return all.Where(variable => own.Contains(variable.Key) || variable.Key.StartsWith("AWS_", StringComparison.Ordinal) || variable.Key is "EGRESS_ALLOW").ToDictionary(StringComparer.Ordinal);
    }

    private T Keep<T>(T part) where T : IAsyncDisposable
    {
        _parts.Push(part);
        return part;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (_parts.TryPop(out var part)) await part.DisposeAsync();
        Aws?.Dispose();
        _logs.Dispose();
        _stop.Dispose();
        _data.Dispose();
    }
}
