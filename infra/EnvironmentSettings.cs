using Constructs;

namespace Modupay.Infra;

/// <summary>
/// What differs between environments. Who owns one (account, region, mail address) is written in cdk.json; how strong it is, here, so
/// that a weaker production needs a reviewed change of code.
/// </summary>
internal sealed record EnvironmentSettings(string Name, string Account, string Region, string? AlarmEmail)
{
    /// <summary>Deleting a stack keeps the data, and nobody deletes a stack by accident.</summary>
    public required bool Protected { get; init; }

    public required IReadOnlyList<string> AvailabilityZones { get; init; }
    public required int NatGateways { get; init; }

    /// <summary>Interface endpoints cost money while idle; without them every function leaves through the NAT gateway.</summary>
    public required bool PrivateEndpoints { get; init; }

    public required string DatabaseClass { get; init; }
    public required bool DatabaseMultiAz { get; init; }
    public required int DatabaseBackupDays { get; init; }

    /// <summary>Object Lock in compliance mode cannot be undone by anyone, so only production locks for the manifest's years.</summary>
    public required bool LocksForYears { get; init; }

    public required int LogDays { get; init; }
    public required bool Canary { get; init; }
    public required int ApiRequestsPerSecond { get; init; }
    public required int MonthlyBudgetUsd { get; init; }

    /// <summary>What one key or one person, what one organization in one mode, and what one network may ask for where nobody has to say who he is. See docs/decisions/0024 and 0080.</summary>
    public int RequestsPerMinuteOfCredential { get; init; } = 6_000;
    public int RequestsPerMinuteOfOrganization { get; init; } = 30_000;
    public int RequestsPerMinuteOfAddress { get; init; } = 300;
    public required bool Hsm { get; init; }

    /// <summary>Layer 27 is Lambda Web Adapter 1.0.0. Copy it into your own account for production and name that account here.</summary>
    public string WebAdapterAccount { get; init; } = "753240598075";
    public int WebAdapterVersion { get; init; } = 27;

    /// <summary>The public name and its certificate in us-east-1. Without them CloudFront answers under its own name and accepts TLS below 1.2.</summary>
    public string? Domain { get; init; }
    public string? CertificateArn { get; init; }

    /// <summary>Which of <see cref="Modupay.Deployment.Manifest.EdgeSecrets"/> CloudFront sends: changed and deployed before that secret is replaced. See docs/deploying.md.</summary>
    public string EdgeSecret { get; init; } = Modupay.Deployment.Manifest.EdgeSecrets[0];

    /// <summary>What links in letters begin with. Empty without a domain: then a letter holds the token alone.</summary>
    public string PublicUrl => Domain is null ? "" : $"https://{Domain}";

    /// <summary>Where letters come from. The domain behind the @ is an identity that somebody verified with SES.</summary>
    public string MailFrom => MailAddress ?? $"no-reply@{Domain ?? "modupay.invalid"}";

    public string? MailAddress { get; init; }

    /// <summary>The security group of the CloudHSM cluster that the ceremony made.</summary>
    public string? HsmClusterSecurityGroup { get; init; }

    public static IReadOnlyList<string> Names => ["dev", "staging", "prod"];

    public static EnvironmentSettings Read(Node node, string name)
    {
        var environments = node.TryGetContext("environments") as IDictionary<string, object>;
        if (environments is null || !environments.TryGetValue(name, out var entry) || entry is not IDictionary<string, object> owner)
            throw new InvalidOperationException($"cdk.json names no environment '{name}'; known are {string.Join(", ", Names)}.");
        string? Optional(string key) => owner.TryGetValue(key, out var value) && value is string { Length: > 0 } text ? text : null;
        string Required(string key) => Optional(key) ?? throw new InvalidOperationException($"cdk.json: environments.{name}.{key} is missing.");

        var settings = For(name, Required("account"), Required("region"), Optional("alarmEmail"));
        return settings with
        {
            Domain = Optional("domain"),
            MailAddress = Optional("mailFrom"),
            CertificateArn = Optional("certificateArn"),
            EdgeSecret = Optional("edgeSecret") is { } secret ? Modupay.Deployment.Manifest.EdgeSecrets.Single(name => name == secret) : settings.EdgeSecret,
            HsmClusterSecurityGroup = Optional("hsmClusterSecurityGroup"),
            WebAdapterAccount = Optional("webAdapterAccount") ?? settings.WebAdapterAccount,
            WebAdapterVersion = Optional("webAdapterVersion") is { } version ? int.Parse(version) : settings.WebAdapterVersion,
        };
    }

    public static EnvironmentSettings For(string name, string account, string region, string? alarmEmail = null) => name switch
    {
        "dev" => new(name, account, region, alarmEmail)
        {
            Protected = false,
            AvailabilityZones = Zones(region, 2),
            NatGateways = 1,
            PrivateEndpoints = false,
            DatabaseClass = "t4g.medium",
            DatabaseMultiAz = false,
            DatabaseBackupDays = 1,
            LocksForYears = false,
            LogDays = 14,
            Canary = false,
            ApiRequestsPerSecond = 50,
            MonthlyBudgetUsd = 250,
            Hsm = false,
        },
        "staging" => new(name, account, region, alarmEmail)
        {
            Protected = true,
            AvailabilityZones = Zones(region, 2),
            NatGateways = 1,
            PrivateEndpoints = true,
            DatabaseClass = "t4g.medium",
            DatabaseMultiAz = false,
            DatabaseBackupDays = 7,
            LocksForYears = false,
            LogDays = 90,
            Canary = true,
            ApiRequestsPerSecond = 200,
            MonthlyBudgetUsd = 500,
            Hsm = false,
        },
        "prod" => new(name, account, region, alarmEmail)
        {
            Protected = true,
            AvailabilityZones = Zones(region, 3),
            NatGateways = 3,
            PrivateEndpoints = true,
            DatabaseClass = "r7g.large",
            DatabaseMultiAz = true,
            DatabaseBackupDays = 35,
            LocksForYears = true,
            LogDays = 365,
            Canary = true,
            ApiRequestsPerSecond = 500,
            MonthlyBudgetUsd = 2500,
            Hsm = true,
        },
        _ => throw new ArgumentException($"There is no environment '{name}'; known are {string.Join(", ", Names)}.", nameof(name)),
    };

    /// <summary>Physical names carry the environment, so that dashboards, alarms and runbooks can name things without looking them up.</summary>
    public string Physical(string name) => $"modupay-{Name}-{name}";

    public string StackName(string name) => $"Modupay-{Name}-{name}";

    public string SecretPrefix => $"modupay/{Name}";

    /// <summary>An ARN of this account and region, written rather than imported where an import would tie two stacks together.</summary>
    public string Arn(string service, string resource) => $"arn:aws:{service}:{Region}:{Account}:{resource}";

    // Written down rather than looked up: a look-up needs credentials, and synthesis works without any.
    private static string[] Zones(string region, int count) => [.. "abc".Take(count).Select(letter => region + letter)];
}
