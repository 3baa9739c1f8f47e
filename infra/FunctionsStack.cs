using Amazon.CDK;
using Constructs;
using Modupay.Deployment;
using Modupay.Infra.Constructs;

namespace Modupay.Infra;

/// <summary>The manifest's functions, each in the construct its trigger asks for. All run the same code; a role, a size and a name set them apart.</summary>
internal sealed class FunctionsStack : Stack
{
    public FunctionsStack(Construct scope, Platform platform, IStackProps props) : base(scope, platform.Settings.StackName("Functions"), props) =>
        Functions = Manifest.Functions.Where(spec => spec.Trigger is not Trigger.Deploy).ToDictionary(spec => spec.Name, spec => spec.Trigger switch
        {
            Trigger.Http => new HttpFunction(this, spec, platform),
            Trigger.Queue => new QueueWorker(this, spec, platform),
            Trigger.Schedule => new ScheduledFunction(this, spec, platform),
            Trigger.Workflow => new ModupayFunction(this, spec, platform),
            Trigger.Rotation => new RotationFunction(this, spec, platform),
            _ => throw new NotSupportedException($"No construct deploys the trigger {spec.Trigger} of {spec.Name}."),
        });

    public IReadOnlyDictionary<string, ModupayFunction> Functions { get; }
}
