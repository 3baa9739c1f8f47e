using Amazon.CDK;
using Amazon.CDK.AWS.Events;
using Amazon.CDK.AWS.Events.Targets;
using Constructs;
using Modupay.Deployment;

namespace Modupay.Infra.Constructs;

/// <summary>
/// A function the clock starts. The event says which of the manifest's schedules it is; a run that failed is not repeated, because the
/// next one does the same work, and the observability stack notices when none came.
/// </summary>
internal sealed class ScheduledFunction : ModupayFunction
{
    public ScheduledFunction(Construct scope, FunctionSpec spec, Platform platform) : base(scope, spec, platform)
    {
        foreach (var schedule in Manifest.Schedules.Where(schedule => schedule.Function == spec.Name))
        {
            _ = new Rule(this, Words.Pascal(schedule.Name), new RuleProps
            {
                RuleName = platform.Settings.Physical(schedule.Name),
                Description = $"Starts {spec.Name} every {schedule.EverySeconds} seconds",
                Schedule = Schedule.Rate(Duration.Seconds(schedule.EverySeconds)),
                Targets =
                [
                    new LambdaFunction(Live, new LambdaFunctionProps
                    {
                        Event = RuleTargetInput.FromObject(new Dictionary<string, object> { ["schedule"] = schedule.Name, ["scheduledAt"] = EventField.Time }),
                        RetryAttempts = 0,
                    }),
                ],
            });
        }
    }
}
