namespace Modupay.Local.Cloud;

/// <summary>The account the local cloud plays: what its ARNs and queue URLs say.</summary>
internal sealed record AwsAccount(string Region, string Id = "000000000000")
{
    public static readonly AwsAccount Local = new("eu-central-1");

    public string Arn(string service, string resource) => $"arn:aws:{service}:{Region}:{Id}:{resource}";
}
