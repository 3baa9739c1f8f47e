using Amazon.CDK.AWS.IAM;
using Modupay.Deployment;

namespace Modupay.Infra.Constructs;

/// <summary>
/// What a function is told and what it may touch, made together from its <see cref="Needs"/>: it learns the name of nothing it cannot
/// reach, and reaches nothing it was not told of. Statements are written out rather than granted, so that a review reads one file.
/// </summary>
internal sealed class Allowance
{
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private readonly List<PolicyStatement> _statements = [];
    private readonly SortedSet<string> _servicesThatDecrypt = new(StringComparer.Ordinal);
    private readonly FunctionSpec _spec;
    private readonly Platform _platform;

    private Allowance(FunctionSpec spec, Platform platform) => (_spec, _platform) = (spec, platform);

    public IReadOnlyDictionary<string, string> Variables => _variables;
    public IReadOnlyList<PolicyStatement> Statements => _statements;

    public static Allowance For(FunctionSpec spec, Platform platform)
    {
        var allowance = new Allowance(spec, platform);
        allowance.Run();
        if (spec.Needs.HasFlag(Needs.Database)) allowance.Database("database/app");
        if (spec.Needs.HasFlag(Needs.RelayDatabase)) allowance.Database("database/relay");
        if (spec.Needs.HasFlag(Needs.OwnerDatabase)) allowance.OwnDatabase();
        if (spec.Needs.HasFlag(Needs.RotatesPasswords)) allowance.RotatePasswords();
        if (spec.Needs.HasFlag(Needs.Secrets)) allowance.ReadCredentials();
        if (spec.Needs.HasFlag(Needs.SendsMessages)) allowance.SendMessages();
        allowance.UseKeys();
        if (spec.Needs.HasFlag(Needs.Tables)) allowance.UseTables();
        if (spec.Needs.HasFlag(Needs.ReadsInbox)) allowance.UseBuckets(writeOnce: false, "s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObject");
        if (spec.Needs.HasFlag(Needs.WritesInbox)) allowance.UseBuckets(writeOnce: false, "s3:PutObject");
        if (spec.Needs.HasFlag(Needs.WritesArchive)) allowance.UseBuckets(writeOnce: true, "s3:PutObject", "s3:GetObject");
        if (spec.Needs.HasFlag(Needs.SendsMail)) allowance.SendMail();
        if (spec.Needs.HasFlag(Needs.PicksUp)) allowance.PickUp();
        allowance.ConsumeQueues();
        allowance.DecryptAtRest();
        return allowance;
    }

    private EnvironmentSettings Settings => _platform.Settings;

    private void Run()
    {
        AnswerRequests();
        _variables["MODUPAY_FUNCTION"] = _spec.Name;
        _variables["MODUPAY_ENVIRONMENT"] = Settings.Name;

        var name = Settings.Physical(_spec.Name);
        Allow("Logs", ["logs:CreateLogStream", "logs:PutLogEvents"], Settings.Arn("logs", $"log-group:/aws/lambda/{name}:*"));
        Allow("Traces", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*");

        // Lambda itself attaches the function to the VPC with this role; the code that runs in it is denied the same calls.
        string[] network = ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"];
        Allow("Vpc", network, "*");
        _statements.Add(new PolicyStatement(new PolicyStatementProps
        {
            Sid = "VpcNotFromCode",
            Effect = Effect.DENY,
            Actions = network,
            Resources = ["*"],
            Conditions = new Dictionary<string, object> { ["ArnEquals"] = new Dictionary<string, object> { ["lambda:SourceFunctionArn"] = Settings.Arn("lambda", $"function:{name}") } },
        }));
    }

    private void AnswerRequests()
    {
        if (_spec.Trigger is not Trigger.Http) return;
        // API Gateway. CloudFront before it is one more where the request proves that it came that way.
        _variables["TRUSTED_PROXIES"] = "1";
        _variables["PUBLIC_URL"] = Settings.PublicUrl;
        _variables["RATE_LIMIT_CREDENTIAL"] = Settings.RequestsPerMinuteOfCredential.ToString();
        _variables["RATE_LIMIT_ORGANIZATION"] = Settings.RequestsPerMinuteOfOrganization.ToString();
        _variables["RATE_LIMIT_ADDRESS"] = Settings.RequestsPerMinuteOfAddress.ToString();
    }

    private void Database(string role)
    {
        _variables["DATABASE_HOST"] = _platform.Data.Proxy.Endpoint;
        _variables["DATABASE_PORT"] = DataStack.DatabasePort.ToString();
        _variables["DATABASE_NAME"] = DataStack.DatabaseName;
        _variables["DATABASE_SSL"] = "verify-full"; // The proxy's certificate is issued by Amazon Trust Services, which the runtime trusts.
        _variables["DATABASE_POOL"] = "4"; // A sandbox serves one request at a time; the proxy does the pooling.
        _variables["DATABASE_SECRET"] = $"{Settings.SecretPrefix}/{role}";
        ReadSecrets("DatabasePassword", _platform.Data.Secrets[role].SecretArn);
    }

    private void OwnDatabase()
    {
        Database("database/owner");
        _variables["SECRET_PREFIX"] = Settings.SecretPrefix;
        ReadSecrets("PasswordsOfTheOtherRoles", OtherPasswords("database/owner"));
    }

    private void RotatePasswords() =>
        Allow("RotatePasswords", ["secretsmanager:DescribeSecret", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"], [.. _platform.Data.Secrets.Values.Select(secret => secret.SecretArn)]);

    private void ReadCredentials()
    {
        _variables["SECRET_PREFIX"] = Settings.SecretPrefix;
        ReadSecrets("Credentials", Settings.Arn("secretsmanager", $"secret:{Settings.SecretPrefix}/*"));
        var own = _spec.Needs.HasFlag(Needs.RelayDatabase) ? "database/relay" : "database/app";
        _statements.Add(new PolicyStatement(new PolicyStatementProps
        {
            Sid = "NotTheOtherRoles",
            Effect = Effect.DENY,
            Actions = ["secretsmanager:GetSecretValue"],
            Resources = OtherPasswords(own),
        }));
    }

    private string[] OtherPasswords(string own) => [.. _platform.Data.Secrets.Where(secret => secret.Key != own).Select(secret => secret.Value.SecretArn)];

    private void ReadSecrets(string sid, params string[] secrets)
    {
        Allow(sid, ["secretsmanager:GetSecretValue"], secrets);
        _servicesThatDecrypt.Add("secretsmanager");
    }

    private void SendMessages()
    {
        foreach (var (name, queue) in _platform.Messaging.Queues) _variables[FunctionVariables.Name("QUEUE", name)] = queue.Queue.QueueUrl;
        Allow("Send", ["sqs:SendMessage"], [.. _platform.Messaging.Queues.Values.Select(queue => queue.Queue.QueueArn)]);
        _servicesThatDecrypt.Add("sqs");
    }

    /// <summary>From the one address: whoever took over the function could write to anybody, but not as anybody.</summary>
    private void SendMail()
    {
        _variables["MAIL_FROM"] = Settings.MailFrom;
        _statements.Add(new PolicyStatement(new PolicyStatementProps
        {
            Sid = "Mail",
            Actions = ["ses:SendEmail"],
            Resources = [Settings.Arn("ses", $"identity/{Settings.MailFrom.Split('@')[1]}")],
            Conditions = new Dictionary<string, object> { ["StringEquals"] = new Dictionary<string, object> { ["ses:FromAddress"] = Settings.MailFrom } },
        }));
    }

    /// <summary>
    /// Only connectors with this environment's tag, and in the bucket only what they list: the files they fetch are read by who makes statements of them.
    /// </summary>
    private void PickUp()
    {
        var inbox = _platform.Data.Buckets[StatementPickUp.Bucket];
        _variables[FunctionVariables.Name("BUCKET", StatementPickUp.Bucket)] = inbox.BucketName;
        _statements.Add(new PolicyStatement(new PolicyStatementProps
        {
            Sid = "Connectors",
            Actions = ["transfer:StartDirectoryListing", "transfer:StartFileTransfer", "transfer:ListFileTransferResults"],
            Resources = [Settings.Arn("transfer", "connector/c-*")],
            Conditions = new Dictionary<string, object> { ["StringEquals"] = new Dictionary<string, object> { [$"aws:ResourceTag/{StatementPickUp.Tag}"] = Settings.Name } },
        }));
        Allow("Listings", ["s3:GetObject", "s3:DeleteObject"], $"{inbox.BucketArn}/{StatementPickUp.Listings}*");
        // Without the right to list, S3 answers "forbidden" for an object that does not exist.
        _statements.Add(new PolicyStatement(new PolicyStatementProps
        {
            Sid = "ListingsList",
            Actions = ["s3:ListBucket"],
            Resources = [inbox.BucketArn],
            Conditions = new Dictionary<string, object> { ["StringLike"] = new Dictionary<string, object> { ["s3:prefix"] = StatementPickUp.Listings + "*" } },
        }));
        _servicesThatDecrypt.Add("s3");
    }

    private void ConsumeQueues()
    {
        var own = _platform.Messaging.Queues.Values.Where(queue => queue.Spec.Consumer == _spec.Name).Select(queue => queue.Queue.QueueArn).ToArray();
        if (own.Length == 0) return;
        Allow("Consume", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"], own);
        _servicesThatDecrypt.Add("sqs");
    }

    private void UseKeys()
    {
        foreach (var key in Manifest.Keys.Where(key => key.IsFor(_spec)))
        {
            var arn = _platform.Data.Keys[key.Name].KeyArn;
            _variables[FunctionVariables.Name("KEY", key.Name)] = arn;
            string[] actions = !key.Signs ? ["kms:GenerateDataKey", "kms:Decrypt"] : key.SignedBy.Contains(_spec.Name, StringComparer.Ordinal) ? ["kms:Sign", "kms:GetPublicKey"] : ["kms:GetPublicKey"];
            Allow($"Key{Words.Pascal(key.Name)}", actions, arn);
        }
    }

    private void UseTables()
    {
        foreach (var (name, table) in _platform.Data.Tables) _variables[FunctionVariables.Name("TABLE", name)] = table.TableName;
        Allow("Tables", ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], [.. _platform.Data.Tables.Values.Select(table => table.TableArn)]);
    }

    private void UseBuckets(bool writeOnce, params string[] actions)
    {
        var names = Manifest.Buckets.Where(bucket => bucket.WriteOnceYears > 0 == writeOnce).Select(bucket => bucket.Name).ToArray();
        foreach (var name in names) _variables[FunctionVariables.Name("BUCKET", name)] = _platform.Data.Buckets[name].BucketName;
        var arns = names.Select(name => _platform.Data.Buckets[name].BucketArn).ToArray();
        var kind = (writeOnce ? "Archive" : "Inbox") + actions[0].Split(':')[1];
        Allow(kind, actions, [.. arns.Select(arn => arn + "/*")]);
        // Without the right to list, S3 answers "forbidden" for an object that does not exist.
        if (actions.Contains("s3:GetObject")) Allow(kind + "List", ["s3:ListBucket"], arns);
        _servicesThatDecrypt.Add("s3");
    }

    private void DecryptAtRest()
    {
        if (_servicesThatDecrypt.Count == 0) return;
        _statements.Add(new PolicyStatement(new PolicyStatementProps
        {
            Sid = "AtRest",
            Actions = ["kms:Decrypt", "kms:GenerateDataKey"],
            Resources = [_platform.Data.Storage.KeyArn],
            Conditions = new Dictionary<string, object>
            {
                ["StringEquals"] = new Dictionary<string, object> { ["kms:ViaService"] = _servicesThatDecrypt.Select(service => $"{service}.{Settings.Region}.amazonaws.com").ToArray() },
            },
        }));
    }

    private void Allow(string sid, string[] actions, params string[] resources) =>
        _statements.Add(new PolicyStatement(new PolicyStatementProps { Sid = sid, Actions = actions, Resources = resources }));
}
