using Amazon.CDK.RegionInfo;
using Amazon.JSII.Runtime.Deputy;

namespace Modupay.Infra;

/// <summary>
/// The CDK brings two small Node.js functions of its own: the custom resource framework and cross-region references. Our CDK version
/// would start them on Node 20, which AWS no longer accepts for new functions, so it is told of a newer one.
/// </summary>
internal static class NodeRuntime
{
    public const string Name = "nodejs22.x";

    public static void Pin(params string[] regions)
    {
        foreach (var region in regions) Fact.Register(new LatestNodeRuntime(region), allowReplacing: true);
    }

    private sealed class LatestNodeRuntime(string region) : DeputyBase, IFact
    {
        public string Region => region;
        public string Name => FactName.LATEST_NODE_RUNTIME;
        public string? Value => NodeRuntime.Name;
    }
}
