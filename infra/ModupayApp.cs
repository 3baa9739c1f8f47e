using System.Runtime.CompilerServices;
using Amazon.CDK;
using Constructs;

namespace Modupay.Infra;

/// <summary>
/// One environment of Modupay: a stack for each thing that can fail alone, in the order they are deployed. What is deployed is the
/// <see cref="Modupay.Deployment.Manifest"/>; what an environment may choose is <see cref="EnvironmentSettings"/>.
/// </summary>
internal static class ModupayApp
{
    public static IReadOnlyList<Stack> Build(Construct app, EnvironmentSettings settings, RepositoryRoot root)
    {
        NodeRuntime.Pin(settings.Region, EdgeStack.Region);
        var code = new LambdaCode(root);
        var home = new StackProps
        {
            Env = new Amazon.CDK.Environment { Account = settings.Account, Region = settings.Region },
            CrossRegionReferences = true,
            TerminationProtection = settings.Protected,
            AnalyticsReporting = false,
        };

        var network = new NetworkStack(app, settings, home);
        var data = new DataStack(app, settings, network, home);
        var messaging = new MessagingStack(app, settings, data, home);
        var platform = new Platform(settings, network, data, messaging, code);
        var migration = new MigrationStack(app, platform, home);
        var functions = new FunctionsStack(app, platform, home);
        var workflows = new WorkflowsStack(app, platform, functions, root, home);
        var api = new ApiStack(app, settings, data, functions, home);
        var observability = new ObservabilityStack(app, settings, api, home);
        var edge = new EdgeStack(app, settings, api, home);
        List<Stack> stacks = [network, data, messaging, migration, functions, workflows, api, observability, edge];
        if (settings.Hsm) stacks.Add(new HsmStack(app, settings, network, home));

        // New code may rely on new tables, never the other way round: a failed migration leaves the old functions running.
        functions.AddDependency(migration);
        observability.AddDependency(functions);
        observability.AddDependency(workflows);

        Tags.Of(app).Add("modupay:environment", settings.Name);
        if (!code.Published) Annotations.Of(functions).AddWarningV2("modupay:not-published", $"The functions are a placeholder. Publish them before deploying: {LambdaCode.PublishCommand}");
        return stacks;
    }

    // The CDK's engine is a Node.js process that prints ten lines about the age of Node 20; the variable has to be there before it starts.
    [ModuleInitializer]
    internal static void KeepTheEngineQuiet() => System.Environment.SetEnvironmentVariable("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20");
}

/// <summary>What every function is built from.</summary>
internal sealed record Platform(EnvironmentSettings Settings, NetworkStack Network, DataStack Data, MessagingStack Messaging, LambdaCode Code);

internal sealed record RepositoryRoot(string Folder)
{
    public string Path(params string[] parts) => System.IO.Path.Combine([Folder, .. parts]);
}
