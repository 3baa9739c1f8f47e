namespace Modupay.Aws;

/// <summary>What tells one AWS JSON-protocol service from another: the names it is addressed, signed and asked by.</summary>
/// <param name="ServiceId">The name in <c>AWS_ENDPOINT_URL_{SERVICE}</c>.</param>
internal sealed record AwsJsonService(string ServiceId, string SigningName, string TargetPrefix, string JsonVersion)
{
    public static readonly AwsJsonService Sqs = new("SQS", "sqs", "AmazonSQS", "1.0");
    public static readonly AwsJsonService StepFunctions = new("SFN", "states", "AWSStepFunctions", "1.0");
    public static readonly AwsJsonService SecretsManager = new("Secrets Manager", "secretsmanager", "secretsmanager", "1.1");
    public static readonly AwsJsonService Transfer = new("Transfer", "transfer", "TransferService", "1.1");
    public static readonly AwsJsonService Ses = new("SESv2", "ses", "", "") { HostName = "email" };
    public static readonly AwsJsonService EventBridge = new("EventBridge", "events", "AWSEvents", "1.1");

    /// <summary>The first label of the service's host name.</summary>
    public string HostName { get; init; } = SigningName;
}
