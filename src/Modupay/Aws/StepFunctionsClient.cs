using System.Text.Json.Serialization;
using Amazon.Runtime;

namespace Modupay.Aws;

/// <summary>AWS Step Functions: start a workflow under a name, look at it, answer a task that waits for its token.</summary>
internal sealed class StepFunctionsClient(AwsJsonClient client)
{
    /// <summary>
    /// A name starts at most one execution in 90 days, which makes a redelivered event harmless. While the first is still running with the
    /// same input AWS answers as if it had just started; afterwards, or with another input, the answer is <see cref="StartOutcome.AlreadyExists"/>.
    /// </summary>
    public async Task<ExecutionStart> StartExecutionAsync(string stateMachineArn, string name, string input, CancellationToken ct)
    {
        try
        {
            var answer = await client.SendAsync(
                "StartExecution", new StartExecutionRequest(stateMachineArn, name, input), StatesJson.Default.StartExecutionRequest, StatesJson.Default.StartExecutionResponse, ct);
            return new(StartOutcome.Started, answer.ExecutionArn);
        }
        catch (AmazonServiceException refused) when (refused.ErrorCode is "ExecutionAlreadyExists")
        {
            return new(StartOutcome.AlreadyExists, stateMachineArn.Replace(":stateMachine:", ":execution:", StringComparison.Ordinal) + ":" + name);
        }
    }

    public Task<ExecutionDescription> DescribeExecutionAsync(string executionArn, CancellationToken ct) =>
        client.SendAsync("DescribeExecution", new DescribeExecutionRequest(executionArn), StatesJson.Default.DescribeExecutionRequest, StatesJson.Default.ExecutionDescription, ct);

    /// <summary>False when the task no longer waits: it timed out, or somebody answered first.</summary>
    public Task<bool> SendTaskSuccessAsync(string taskToken, string output, CancellationToken ct) => AnswerAsync(() =>
        client.SendAsync("SendTaskSuccess", new SendTaskSuccessRequest(taskToken, output), StatesJson.Default.SendTaskSuccessRequest, StatesJson.Default.NothingMore, ct));

    /// <inheritdoc cref="SendTaskSuccessAsync"/>
    public Task<bool> SendTaskFailureAsync(string taskToken, string error, string cause, CancellationToken ct) => AnswerAsync(() =>
        client.SendAsync("SendTaskFailure", new SendTaskFailureRequest(taskToken, error, cause), StatesJson.Default.SendTaskFailureRequest, StatesJson.Default.NothingMore, ct));

    private static async Task<bool> AnswerAsync(Func<Task<NothingMore>> send)
    {
        try
        {
            await send();
            return true;
        }
        catch (AmazonServiceException refused) when (refused.ErrorCode is "TaskTimedOut" or "TaskDoesNotExist")
        {
            return false;
        }
    }
}

internal enum StartOutcome { Started, AlreadyExists }

internal sealed record ExecutionStart(StartOutcome Outcome, string ExecutionArn);

/// <summary><c>Status</c> is RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE.</summary>
internal sealed record ExecutionDescription(string ExecutionArn, string StateMachineArn, string Name, string Status, string? Input, string? Output, string? Error, string? Cause);

internal sealed record StartExecutionRequest(string StateMachineArn, string Name, string Input);
internal sealed record StartExecutionResponse(string ExecutionArn);
internal sealed record DescribeExecutionRequest(string ExecutionArn);
internal sealed record SendTaskSuccessRequest(string TaskToken, string Output);
internal sealed record SendTaskFailureRequest(string TaskToken, string Error, string Cause);
internal sealed record NothingMore;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StartExecutionRequest))]
[JsonSerializable(typeof(StartExecutionResponse))]
[JsonSerializable(typeof(DescribeExecutionRequest))]
[JsonSerializable(typeof(ExecutionDescription))]
[JsonSerializable(typeof(SendTaskSuccessRequest))]
[JsonSerializable(typeof(SendTaskFailureRequest))]
[JsonSerializable(typeof(NothingMore))]
internal sealed partial class StatesJson : JsonSerializerContext;
