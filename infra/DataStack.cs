using Amazon.CDK;
using Amazon.CDK.AWS.DynamoDB;
using Amazon.CDK.AWS.EC2;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.Logs;
using Amazon.CDK.AWS.RDS;
using Amazon.CDK.AWS.S3;
using Amazon.CDK.AWS.SecretsManager;
using Constructs;
using Modupay.Deployment;
using Modupay.Infra.Constructs;
using InstanceType = Amazon.CDK.AWS.EC2.InstanceType;
using Secret = Amazon.CDK.AWS.SecretsManager.Secret;

namespace Modupay.Infra;

/// <summary>Everything that must survive: keys, files, the database and the passwords of its three roles.</summary>
internal sealed class DataStack : Stack
{
    public const string DatabaseName = "modupay";
    public const int DatabasePort = 5432;

    private readonly EnvironmentSettings _settings;
    private readonly RemovalPolicy _removal;

    public DataStack(Construct scope, EnvironmentSettings settings, NetworkStack network, IStackProps props) : base(scope, settings.StackName("Data"), props)
    {
        _settings = settings;
        _removal = settings.Protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

        Storage = new Key(this, "Storage", new KeyProps
        {
            Alias = $"alias/modupay/{settings.Name}/storage",
            Description = "Encrypts the database, files, queues and secrets at rest",
            EnableKeyRotation = true,
            RemovalPolicy = _removal,
        });
        Keys = Manifest.Keys.ToDictionary(key => key.Name, NewKey);
        Buckets = Manifest.Buckets.ToDictionary(bucket => bucket.Name, NewBucket);
        Tables = Manifest.Tables.ToDictionary(table => table.Name, NewTable);
        Secrets = Manifest.Secrets.ToDictionary(secret => secret.Name, NewDatabaseRole);
        Proxy = NewDatabase(network);
        _ = new StatementPickUp(this, settings, Buckets[StatementPickUp.Bucket], Storage);
    }

    /// <summary>Encryption at rest of AWS services; the manifest's <see cref="Keys"/> are the ones the code itself calls.</summary>
    public Key Storage { get; }

    public IReadOnlyDictionary<string, Key> Keys { get; }
    public IReadOnlyDictionary<string, Bucket> Buckets { get; }
    public IReadOnlyDictionary<string, Table> Tables { get; }
    public IReadOnlyDictionary<string, Secret> Secrets { get; }
    public DatabaseProxy Proxy { get; }

    private Key NewKey(Modupay.Deployment.KeySpec spec) => new(this, $"{Words.Pascal(spec.Name)}Key", new KeyProps
    {
        Alias = $"alias/modupay/{_settings.Name}/{spec.Name}",
        KeySpec = spec.Signs ? Enum.Parse<Amazon.CDK.AWS.KMS.KeySpec>(spec.Spec) : null,
        KeyUsage = spec.Signs ? KeyUsage.SIGN_VERIFY : null,
        // KMS rotates no pairs: what was signed names its key.
        EnableKeyRotation = !spec.Signs,
        RemovalPolicy = _removal,
    });

    private Bucket NewBucket(BucketSpec spec)
    {
        var writeOnce = spec.WriteOnceYears > 0;
        var bucket = new Bucket(this, Words.Pascal(spec.Name), new BucketProps
        {
            BucketName = $"{_settings.Physical(spec.Name)}-{_settings.Account}",
            Encryption = BucketEncryption.KMS,
            EncryptionKey = Storage,
            BucketKeyEnabled = true,
            BlockPublicAccess = BlockPublicAccess.BLOCK_ALL,
            ObjectOwnership = ObjectOwnership.BUCKET_OWNER_ENFORCED,
            EnforceSSL = true,
            MinimumTLSVersion = 1.2,
            Versioned = true,
            ObjectLockEnabled = writeOnce ? true : null,
            ObjectLockDefaultRetention = writeOnce ? ObjectLockRetention.Compliance(_settings.LocksForYears ? Duration.Days(366 * spec.WriteOnceYears) : Duration.Days(1)) : null,
            LifecycleRules = writeOnce
                ? [new LifecycleRule { Transitions = [new Transition { StorageClass = StorageClass.GLACIER_INSTANT_RETRIEVAL, TransitionAfter = Duration.Days(90) }] }]
                : [new LifecycleRule { NoncurrentVersionExpiration = Duration.Days(90), AbortIncompleteMultipartUploadAfter = Duration.Days(7) }],
            RemovalPolicy = _removal,
        });

        // The property on Bucket would add a Node.js custom resource for what CloudFormation does itself.
        if (Manifest.ObjectRules.Any(rule => rule.Bucket == spec.Name))
            ((CfnBucket)bucket.Node.DefaultChild!).AddPropertyOverride("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", true);
        return bucket;
    }

    private Table NewTable(TableSpec spec) => new(this, Words.Pascal(spec.Name), new TableProps
    {
        TableName = _settings.Physical(spec.Name),
        PartitionKey = new Amazon.CDK.AWS.DynamoDB.Attribute { Name = spec.PartitionKey, Type = AttributeType.STRING },
        TimeToLiveAttribute = spec.TimeToLive,
        BillingMode = BillingMode.PAY_PER_REQUEST,
        Encryption = TableEncryption.AWS_MANAGED, // Leases and counters; a key of our own would need grants on every caller.
        PointInTimeRecovery = true,
        RemovalPolicy = _removal,
    });

    /// <summary><c>database/app</c> is the password of the role <c>modupay_app</c>.</summary>
    private Secret NewDatabaseRole(SecretSpec spec) => new(this, $"{Words.Pascal(spec.Name)}Secret", new SecretProps
    {
        SecretName = $"{_settings.SecretPrefix}/{spec.Name}",
        EncryptionKey = Storage,
        GenerateSecretString = new SecretStringGenerator
        {
            SecretStringTemplate = $$"""{"username":"modupay_{{spec.Name.Split('/')[^1]}}"}""",
            GenerateStringKey = "password",
            PasswordLength = 40,
            ExcludePunctuation = true,
        },
        RemovalPolicy = _removal,
    });

    private DatabaseProxy NewDatabase(NetworkStack network)
    {
        var engine = DatabaseInstanceEngine.Postgres(new PostgresInstanceEngineProps { Version = PostgresEngineVersion.Of("17", "17") });
        var identifier = _settings.Physical("database");
        var instance = new DatabaseInstance(this, "Database", new DatabaseInstanceProps
        {
            InstanceIdentifier = identifier,
            DatabaseName = DatabaseName,
            Engine = engine,
            InstanceType = new InstanceType(_settings.DatabaseClass),
            Credentials = Credentials.FromSecret(Secrets["database/owner"], "modupay_owner"),
            Vpc = network.Vpc,
            VpcSubnets = network.DatabaseSubnets,
            PubliclyAccessible = false,
            MultiAz = _settings.DatabaseMultiAz,
            StorageType = StorageType.GP3,
            AllocatedStorage = 50,
            MaxAllocatedStorage = 1000,
            StorageEncrypted = true,
            StorageEncryptionKey = Storage,
            BackupRetention = Duration.Days(_settings.DatabaseBackupDays), // Above zero, RDS also keeps the log: a restore to any second.
            CopyTagsToSnapshot = true,
            DeletionProtection = _settings.Protected,
            AutoMinorVersionUpgrade = true,
            CloudwatchLogsExports = ["postgresql"],
            EnablePerformanceInsights = true,
            PerformanceInsightEncryptionKey = Storage,
            ParameterGroup = new ParameterGroup(this, "Parameters", new ParameterGroupProps
            {
                Engine = engine,
                Description = "Modupay",
                Parameters = new Dictionary<string, string>
                {
                    ["rds.force_ssl"] = "1",
                    ["log_min_duration_statement"] = "500",
                    ["idle_in_transaction_session_timeout"] = "60000",
                },
            }),
            RemovalPolicy = _removal,
        });

        // RDS would create it with eternal retention.
        instance.Node.AddDependency(new LogGroup(this, "DatabaseLogs", new LogGroupProps
        {
            LogGroupName = $"/aws/rds/instance/{identifier}/postgresql",
            Retention = Days.Of(_settings.LogDays),
            RemovalPolicy = RemovalPolicy.DESTROY,
        }));

        var guard = new SecurityGroup(this, "ProxyGuard", new SecurityGroupProps { Vpc = network.Vpc, Description = "Database proxy", AllowAllOutbound = true });
        guard.AddIngressRule(network.Functions, Port.Tcp(DatabasePort), "Functions connect to the proxy");
        return instance.AddProxy("Proxy", new DatabaseProxyOptions
        {
            DbProxyName = _settings.Physical("proxy"),
            Vpc = network.Vpc,
            VpcSubnets = network.DatabaseSubnets,
            SecurityGroups = [guard],
            Secrets = [.. Secrets.Values],
            ClientPasswordAuthType = ClientPasswordAuthType.POSTGRES_SCRAM_SHA_256,
            IamAuth = false,
            RequireTLS = true,
            MaxConnectionsPercent = 90,
            BorrowTimeout = Duration.Seconds(10), // Shorter than any function's timeout, so that a full database is an error and not a hang.
            IdleClientTimeout = Duration.Minutes(15),
        });
    }
}
