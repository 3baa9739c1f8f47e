namespace Modupay.Local.Runtime.StepFunctions;

/// <summary>How Retry and Catch match errors, wildcards included.</summary>
internal static class ErrorNames
{
    public static bool Match(IReadOnlyList<string> names, string error) => names.Any(name => name switch
    {
        // These two cannot be handled at all, whatever the definition says.
        _ when error is StateFailure.RuntimeError or StateFailure.TooMuchData => name == error && error is not StateFailure.RuntimeError,
        "States.ALL" => true,
        "States.TaskFailed" => error is not (StateFailure.Timeout or StateFailure.HeartbeatTimeout),
        StateFailure.Timeout => error is StateFailure.Timeout or StateFailure.HeartbeatTimeout,
        _ => name == error,
    });
}
