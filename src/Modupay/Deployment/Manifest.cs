namespace Modupay.Deployment;

/// <summary>
/// What Modupay is made of when it runs. The CDK app deploys this list and the local cloud starts it, so the two cannot drift.
/// Names are logical: the CDK prefixes them with the environment, the local cloud uses them as they stand.
/// </summary>
internal static class Manifest
{
    public static readonly IReadOnlyList<FunctionSpec> Functions =
    [
        new("api", Trigger.Http, MemoryMb: 1769, TimeoutSeconds: 29, Needs.Database | Needs.SendsMessages | Needs.Keys | Needs.Secrets | Needs.Tables | Needs.WritesInbox),
        new("payout-dispatch", Trigger.Queue, MemoryMb: 1024, TimeoutSeconds: 60, Needs.Database | Needs.SendsMessages | Needs.Keys | Needs.Secrets | Needs.Tables | Needs.Internet),
        new("webhook-delivery", Trigger.Queue, MemoryMb: 512, TimeoutSeconds: 60, Needs.Database | Needs.SendsMessages | Needs.Keys | Needs.Internet),
        new("statement-tasks", Trigger.Workflow, MemoryMb: 2048, TimeoutSeconds: 300, Needs.Database | Needs.SendsMessages | Needs.Keys | Needs.Secrets | Needs.ReadsInbox | Needs.WritesArchive),
        new("jobs", Trigger.Schedule, MemoryMb: 512, TimeoutSeconds: 60, Needs.RelayDatabase | Needs.SendsMessages),
        new("tenant-jobs", Trigger.Queue, MemoryMb: 1024, TimeoutSeconds: 300, Needs.Database | Needs.SendsMessages | Needs.Keys | Needs.WritesArchive | Needs.PicksUp),
        new("email-delivery", Trigger.Queue, MemoryMb: 512, TimeoutSeconds: 60, Needs.Database | Needs.Keys | Needs.SendsMail | Needs.Internet),
        new("secret-rotation", Trigger.Rotation, MemoryMb: 512, TimeoutSeconds: 60, Needs.OwnerDatabase | Needs.RotatesPasswords),
        new("migrator", Trigger.Deploy, MemoryMb: 512, TimeoutSeconds: 300, Needs.OwnerDatabase),
    ];

    public static readonly IReadOnlyList<QueueSpec> Queues =
    [
        // A slice is claimed once and asked about afterwards, so many receives are normal while a bank is silent.
        new("payout-dispatch", Consumer: "payout-dispatch", BatchSize: 10, MaxConcurrency: 20, MaxReceives: 20),
        new("webhook-delivery", Consumer: "webhook-delivery", BatchSize: 10, MaxConcurrency: 20, MaxReceives: 12),
        // The next run of the schedule makes a new message, so there is no use in insisting.
        new("tenant-jobs", Consumer: "tenant-jobs", BatchSize: 10, MaxConcurrency: 5, MaxReceives: 5),
        new("email", Consumer: "email-delivery", BatchSize: 10, MaxConcurrency: 5, MaxReceives: 12),
    ];

    public static readonly IReadOnlyList<BucketSpec> Buckets =
    [
        new("statement-inbox", WriteOnceYears: 0),
        new("statement-archive", WriteOnceYears: 7),
        new("ledger-heads", WriteOnceYears: 7),
    ];

    public static readonly IReadOnlyList<TableSpec> Tables = [new("coordination", PartitionKey: "pk", TimeToLive: "expires_at")];

    public static readonly IReadOnlyList<WorkflowSpec> Workflows = [new("statement-ingestion", Tasks: "statement-tasks")];

    /// <summary>An object created in the bucket under the prefix starts the workflow, with the EventBridge event as its input.</summary>
    public static readonly IReadOnlyList<ObjectRule> ObjectRules = [new("statement-arrived", Bucket: "statement-inbox", Prefix: "statements/", Workflow: "statement-ingestion")];

    public static readonly IReadOnlyList<ScheduleSpec> Schedules =
    [
        new("outbox-sweep", Function: "jobs", EverySeconds: 60),
        new("ledger-upkeep", Function: "jobs", EverySeconds: 60, ForEachTenant: true),
        new("ledger-head", Function: "jobs", EverySeconds: 86_400, ForEachTenant: true),
        new("audit-head", Function: "jobs", EverySeconds: 86_400, ForEachTenant: true),
        new("overdue-items", Function: "jobs", EverySeconds: 3_600, ForEachTenant: true),
        new("key-rotation", Function: "jobs", EverySeconds: 86_400, ForEachTenant: true),
        new("idempotency-purge", Function: "jobs", EverySeconds: 86_400, ForEachTenant: true),
        new("statement-pick-up", Function: "jobs", EverySeconds: 900, ForEachTenant: true),
        new("people-upkeep", Function: "jobs", EverySeconds: 3_600, ForEachTenant: true),
    ];

    public static readonly IReadOnlyList<KeySpec> Keys =
    [
        new("data"),
        // Whoever owns the database cannot sign: only the function that makes heads may, and the API may show with which key they are checked.
        new("ledger-head") { Spec = "ECC_NIST_P256", SignedBy = ["tenant-jobs"], CheckedBy = ["api"] },
        // Access tokens are signed with one of these at a time. KMS rotates no pairs, so the next one is made by a line here: docs/decisions/0072.
        new("tokens-1") { Spec = "RSA_2048", SignedBy = ["api"], CheckedBy = ["tenant-jobs"] },
        new("tokens-2") { Spec = "RSA_2048", SignedBy = ["api"], CheckedBy = ["tenant-jobs"] },
    ];

    public static IEnumerable<KeySpec> TokenKeys => Keys.Where(key => key.Name.StartsWith("tokens-", StringComparison.Ordinal));

    /// <summary>Secrets the deployment creates with a random value. Bank credentials are added by the people who hold them.</summary>
    public static readonly IReadOnlyList<SecretSpec> Secrets =
        [new("database/owner", RotateDays: 90), new("database/app", RotateDays: 90), new("database/relay", RotateDays: 90)];

    /// <summary>What CloudFront proves itself with. It sends one of the two and the API accepts both, so that either is replaced while nobody sends it: docs/decisions/0081.</summary>
    public static readonly IReadOnlyList<string> EdgeSecrets = ["edge/origin-1", "edge/origin-2"];

    /// <summary>The header that CloudFront sends it in.</summary>
    public const string EdgeHeader = "X-Modupay-Edge";
}

internal enum Trigger { Http, Queue, Workflow, Schedule, Deploy, Rotation }

/// <summary>What a function may touch. The CDK turns each flag into the narrowest grant that serves it.</summary>
[Flags]
internal enum Needs
{
    None = 0,
    Database = 1,
    RelayDatabase = 2,
    /// <summary>Owns the schema and creates the other roles, so it also reads their secrets under <c>SECRET_PREFIX</c>.</summary>
    OwnerDatabase = 4,
    SendsMessages = 8,
    Keys = 16,
    /// <summary>Credentials of banks and providers under <c>SECRET_PREFIX</c>; never the password of another database role.</summary>
    Secrets = 32,
    Tables = 64,
    /// <summary>The inbox is every bucket that is not write-once, the archive every bucket that is.</summary>
    /// <summary>Reads files and takes them out once they are archived; the bucket keeps old versions for ninety days.</summary>
    ReadsInbox = 128,
    WritesInbox = 256,
    WritesArchive = 512,
    /// <summary>Without it a function has no route out of the VPC wherever private endpoints are deployed.</summary>
    Internet = 1024,
    /// <summary>Writes new versions of the secrets that the deployment created.</summary>
    RotatesPasswords = 2048,
    /// <summary>Hands letters to SES, from the environment's own address only.</summary>
    SendsMail = 4096,
    /// <summary>Has SFTP connectors fetch files into the inbox, and reads there what they listed; not the files themselves.</summary>
    PicksUp = 8192,
}

/// <summary><c>Path</c> is the prefix an HTTP function answers; the longest one wins and <c>/</c> takes the rest.</summary>
internal sealed record FunctionSpec(string Name, Trigger Trigger, int MemoryMb, int TimeoutSeconds, Needs Needs, string Path = "/");

/// <summary>Visibility is six function timeouts, as AWS advises for Lambda consumers; the dead-letter queue is named <c>{Name}-dead</c>.</summary>
internal sealed record QueueSpec(string Name, string Consumer, int BatchSize, int MaxConcurrency, int MaxReceives);

/// <summary>Versioned, private, encrypted; <c>WriteOnceYears</c> above zero adds Object Lock in compliance mode.</summary>
internal sealed record BucketSpec(string Name, int WriteOnceYears);

internal sealed record TableSpec(string Name, string PartitionKey, string TimeToLive);

/// <summary>The definition is the embedded resource <c>workflows/{Name}.asl.json</c>; every task state runs the one function, chosen by state name.</summary>
internal sealed record WorkflowSpec(string Name, string Tasks);

internal sealed record ObjectRule(string Name, string Bucket, string Prefix, string Workflow);

/// <summary>A schedule <c>ForEachTenant</c> is the name of a job in <c>Jobs/TenantJobs.cs</c>.</summary>
internal sealed record ScheduleSpec(string Name, string Function, int EverySeconds, bool ForEachTenant = false);

/// <summary>
/// A KMS key. A symmetric one wraps data keys for every function that <see cref="Needs.Keys"/> and rotates yearly; any other spec of KMS makes a
/// pair that the named functions sign with, or ask the public half of.
/// </summary>
internal sealed record KeySpec(string Name)
{
    public const string Symmetric = "SYMMETRIC_DEFAULT";

    /// <summary>As KMS calls it: <c>ECC_NIST_P256</c>, <c>RSA_2048</c>, …</summary>
    public string Spec { get; init; } = Symmetric;

    public IReadOnlyList<string> SignedBy { get; init; } = [];
    public IReadOnlyList<string> CheckedBy { get; init; } = [];

    public bool Signs => Spec != Symmetric;

    /// <summary>Whether the function is told of this key at all.</summary>
    public bool IsFor(FunctionSpec function) => Signs
        ? SignedBy.Contains(function.Name, StringComparer.Ordinal) || CheckedBy.Contains(function.Name, StringComparer.Ordinal)
        : function.Needs.HasFlag(Needs.Keys);
}

/// <summary>The function with <see cref="Trigger.Rotation"/> replaces it every so many days.</summary>
internal sealed record SecretSpec(string Name, int RotateDays);
