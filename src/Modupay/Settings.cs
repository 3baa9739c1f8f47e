using System.Collections;
using System.Collections.Frozen;

namespace Modupay;

/// <summary>
/// Everything a process may be told from outside, read once, in this file only. The CDK writes these variables on each function and the
/// local cloud writes the same ones on each child process; a variable that is missing is reported by name when it is first needed.
/// </summary>
internal sealed class Settings(IReadOnlyDictionary<string, string> variables)
{
    public static Settings FromEnvironment() => new(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToFrozenDictionary(pair => (string)pair.Key, pair => (string?)pair.Value ?? "", StringComparer.Ordinal));

    /// <summary>The same settings with some variables replaced.</summary>
    public Settings With(IEnumerable<(string Name, string Value)> changed)
    {
        var all = new Dictionary<string, string>(variables, StringComparer.Ordinal);
        foreach (var (name, value) in changed) all[name] = value;
        return new Settings(all);
    }

    /// <summary>Which of the manifest's functions this process is.</summary>
    public string Function => Required("MODUPAY_FUNCTION");

    /// <summary>dev, staging, prod, or local: a name for logs and resources, never a switch for behaviour.</summary>
    public string EnvironmentName => Optional("MODUPAY_ENVIRONMENT") ?? "dev";

    public string Region => Optional("AWS_REGION") ?? Optional("AWS_DEFAULT_REGION") ?? "eu-central-1";

    public string DatabaseHost => Required("DATABASE_HOST");
    public int DatabasePort => int.Parse(Optional("DATABASE_PORT") ?? "5432");
    public string DatabaseName => Required("DATABASE_NAME");
    /// <summary><c>verify-full</c> in AWS, <c>disable</c> on loopback; the value is Npgsql's <c>SSL Mode</c> without hyphens or case.</summary>
    public string DatabaseSsl => Optional("DATABASE_SSL") ?? "verify-full";
    public int DatabasePool => int.Parse(Optional("DATABASE_POOL") ?? "10");
    /// <summary>The Secrets Manager id of <c>{"username":…,"password":…}</c> for the role this function connects as.</summary>
    public string DatabaseSecret => Required("DATABASE_SECRET");

    public string QueueUrl(string queue) => Required("QUEUE_" + Upper(queue));
    public string Bucket(string bucket) => Required("BUCKET_" + Upper(bucket));
    public string Table(string table) => Required("TABLE_" + Upper(table));
    public string Key(string key) => Required("KEY_" + Upper(key));
    /// <summary>Secrets of this deployment live under one prefix, <c>modupay/{environment}</c>.</summary>
    public string SecretPrefix => Required("SECRET_PREFIX");

    /// <summary>Hosts (<c>host:port</c>, comma separated) that outgoing webhooks may reach although their address is private.</summary>
    public IReadOnlySet<string> EgressAllowed => (Optional("EGRESS_ALLOW") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Where people open our pages, without a slash at the end: what links in mails begin with. Null where there are none yet.</summary>
    public string? PublicUrl => Optional("PUBLIC_URL");

    /// <summary>What access tokens name as their issuer.</summary>
    public string TokenIssuer => PublicUrl ?? $"modupay-{EnvironmentName}";

    /// <summary>The address that letters come from; its domain is verified with SES.</summary>
    public string MailFrom => Required("MAIL_FROM");

    /// <summary>Where the Lambda Runtime API is; absent when the process is not a Lambda sandbox.</summary>
    public string? RuntimeApi => Optional("AWS_LAMBDA_RUNTIME_API");

    /// <summary>How many proxies of ours stand before an HTTP function, each of which appends to X-Forwarded-For.</summary>
    public int TrustedProxies => int.Parse(Optional("TRUSTED_PROXIES") ?? "0");

    public int RequestsPerMinuteOfCredential => int.Parse(Optional("RATE_LIMIT_CREDENTIAL") ?? "6000");
    public int RequestsPerMinuteOfOrganization => int.Parse(Optional("RATE_LIMIT_ORGANIZATION") ?? "30000");
    public int RequestsPerMinuteOfAddress => int.Parse(Optional("RATE_LIMIT_ADDRESS") ?? "300");

    public int HttpPort => int.Parse(Optional("AWS_LWA_PORT") ?? Optional("PORT") ?? "8080");

    /// <summary>
    /// The long-lived key of these settings, so that one process can hold several functions, each with its own. Null in Lambda, whose keys are
    /// temporary and belong to the SDK's own credential chain.
    /// </summary>
    public (string Id, string Secret)? AwsKey => Optional("AWS_SESSION_TOKEN") is null && Optional("AWS_ACCESS_KEY_ID") is { } id && Optional("AWS_SECRET_ACCESS_KEY") is { } secret ? (id, secret) : null;

    /// <summary>AWS's own variables: <c>AWS_ENDPOINT_URL_SQS</c>, or <c>AWS_ENDPOINT_URL</c> for every service.</summary>
    public string? EndpointUrl(string service) => Optional("AWS_ENDPOINT_URL_" + Upper(service)) ?? Optional("AWS_ENDPOINT_URL");

    private static string Upper(string name) => name.ToUpperInvariant().Replace('-', '_').Replace(' ', '_').Replace('/', '_');

    private string? Optional(string name) => variables.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    private string Required(string name) => Optional(name) ?? throw new InvalidOperationException($"The environment variable {name} is not set.");
}
