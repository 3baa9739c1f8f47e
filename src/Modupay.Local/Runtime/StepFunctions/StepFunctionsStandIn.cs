using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Local.Cloud;

namespace Modupay.Local.Runtime.StepFunctions;

/// <param name="Folder">Where executions are kept over restarts; null keeps nothing.</param>
internal sealed record StepFunctionsOptions(string? Folder)
{
    /// <summary>Amazon States Language by workflow name, with the CDK's placeholders filled.</summary>
    public required IReadOnlyDictionary<string, string> Definitions { get; init; }

    public required IFunctionHost Functions { get; init; }
    public TimeProvider Time { get; init; } = TimeProvider.System;
    public ILogger Log { get; init; } = NullLogger.Instance;
    public int Port { get; init; }
}

/// <summary>AWS Step Functions on its own wire protocol, with the executions of the last run continued.</summary>
internal sealed class StepFunctionsStandIn : IAsyncDisposable
{
    // Step Functions' own rule for names.
    private static readonly SearchValues<char> NotInNames = SearchValues.Create(" <>{}[]?*\"#%\\^|~`$&,;:/");

    private readonly LoopbackServer _server;

    private StepFunctionsStandIn(LoopbackServer server, Executions executions) => (_server, Executions) = (server, executions);

    public string Url => _server.Url;

    public Executions Executions { get; }

    public static async Task<StepFunctionsStandIn> StartAsync(StepFunctionsOptions options, CancellationToken ct)
    {
        var machines = options.Definitions.ToDictionary(pair => pair.Key, pair => DefinitionLoader.Load(pair.Value), StringComparer.Ordinal);
        var executions = new Executions(machines, options.Functions, new ExecutionStore(options.Folder), options.Time, options.Log);
        var server = await AwsJsonServer.StartAsync(new AwsJsonService("states", "AWSStepFunctions", "1.0", Operations(executions, options.Time)), options.Port, ct);

        // After the server is there, because a task that goes on may well want to talk to it.
        executions.Resume();
        return new StepFunctionsStandIn(server, executions);
    }

    public string MachineArn(string workflow) => AwsAccount.Local.Arn("states", $"stateMachine:{workflow}");

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await Executions.DisposeAsync();
    }

    private static Dictionary<string, AwsOperation> Operations(Executions executions, TimeProvider time) => new(StringComparer.Ordinal)
    {
        ["StartExecution"] = new(request => Start(executions, time, request), "stateMachineArn", "name", "input", "traceHeader"),
        ["DescribeExecution"] = new(request => Describe(Find(executions, request)), "executionArn"),
        ["ListExecutions"] = new(request => List(executions, request), "stateMachineArn", "statusFilter", "maxResults"),
        ["GetExecutionHistory"] = new(request => History(Find(executions, request), request), "executionArn", "maxResults", "reverseOrder", "includeExecutionData"),
        ["StopExecution"] = new(request => Stop(executions, request), "executionArn", "error", "cause"),
        ["SendTaskSuccess"] = new(request => Answered(executions.Tokens.Succeed(request.Text("taskToken"), ParseJson(request.Text("output"), "InvalidOutput"))), "taskToken", "output"),
        ["SendTaskFailure"] = new(request => Answered(executions.Tokens.Fail(request.Text("taskToken"), request.TextOrNull("error") ?? "States.TaskFailed", request.TextOrNull("cause"))), "taskToken", "error", "cause"),
        ["SendTaskHeartbeat"] = new(request => Answered(executions.Tokens.Heartbeat(request.Text("taskToken"))), "taskToken"),
    };

    private static JsonObject Start(Executions executions, TimeProvider time, AwsRequest request)
    {
        var machine = Machine(executions, request);
        var name = request.TextOrNull("name") ?? Guid.CreateVersion7(time.GetUtcNow()).ToString();
        if (name.Length is 0 or > 80 || name.AsSpan().ContainsAny(NotInNames) || name.Any(char.IsControl)) throw new AwsException("InvalidName", $"Invalid Name: '{name}'");
        var input = request.TextOrNull("input") ?? "{}";
        ParseJson(input, "InvalidExecutionInput");

        var (execution, started) = executions.Start(machine, name, input);
        var record = execution.Record;
        if (!started && (record.Status is not ExecutionStatus.Running || record.Input != input)) throw new AwsException("ExecutionAlreadyExists", $"Execution Already Exists: '{execution.Arn}'");
        return new JsonObject { ["executionArn"] = execution.Arn, ["startDate"] = Seconds(record.StartedAt) };
    }

    private static JsonObject Describe(Execution execution)
    {
        var answer = Summary(execution);
        var record = execution.Record;
        answer["input"] = record.Input;
        if (record.Output is not null) answer["output"] = record.Output;
        if (record.Error is not null) answer["error"] = record.Error;
        if (record.Cause is not null) answer["cause"] = record.Cause;
        return answer;
    }

    private static JsonObject List(Executions executions, AwsRequest request)
    {
        var status = request.TextOrNull("statusFilter");
        var found = executions.Of(Machine(executions, request)).Select(Summary)
            .Where(summary => status is null || summary["status"]!.GetValue<string>() == status)
            .OrderByDescending(summary => summary["startDate"]!.GetValue<double>())
            .Take(request.NumberOrNull("maxResults", 0, 1000) is > 0 and var most ? most : 100);
        return new JsonObject { ["executions"] = new JsonArray([.. found]) };
    }

    private static JsonObject History(Execution execution, AwsRequest request)
    {
        var events = execution.History.Select(item => new JsonObject
        {
            ["id"] = item.Id,
            ["previousEventId"] = item.Id - 1,
            ["timestamp"] = Seconds(item.At),
            ["type"] = item.Type,
            [DetailsName(item.Type)] = item.Details.DeepClone(),
        });
        if (request.Flag("reverseOrder")) events = events.Reverse();
        return new JsonObject { ["events"] = new JsonArray([.. events.Take(request.NumberOrNull("maxResults", 0, 1000) is > 0 and var most ? most : 1000)]) };
    }

    private static JsonObject Stop(Executions executions, AwsRequest request)
    {
        var execution = Find(executions, request);
        executions.Stop(execution, request.TextOrNull("error"), request.TextOrNull("cause"));
        return new JsonObject { ["stopDate"] = Seconds(execution.Record.StoppedAt!.Value) };
    }

    private static JsonObject Answered(bool waited) => waited ? [] : throw new AwsException("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");

    private static JsonObject Summary(Execution execution)
    {
        var record = execution.Record;
        var summary = new JsonObject
        {
            ["executionArn"] = execution.Arn,
            ["stateMachineArn"] = AwsAccount.Local.Arn("states", $"stateMachine:{record.Machine}"),
            ["name"] = record.Name,
            ["status"] = record.Status is ExecutionStatus.TimedOut ? "TIMED_OUT" : record.Status.ToString().ToUpperInvariant(),
            ["startDate"] = Seconds(record.StartedAt),
        };
        if (record.StoppedAt is { } stopped) summary["stopDate"] = Seconds(stopped);
        return summary;
    }

    private static string Machine(Executions executions, AwsRequest request)
    {
        var arn = request.Text("stateMachineArn");
        var name = arn[(arn.LastIndexOf(':') + 1)..];
        return executions.HasMachine(name) && arn.Contains(":stateMachine:", StringComparison.Ordinal) ? name : throw new AwsException("StateMachineDoesNotExist", $"State Machine Does Not Exist: '{arn}'");
    }

    private static Execution Find(Executions executions, AwsRequest request)
    {
        var arn = request.Text("executionArn");
        return executions.Find(arn) ?? throw new AwsException("ExecutionDoesNotExist", $"Execution Does Not Exist: '{arn}'");
    }

    private static JsonNode? ParseJson(string text, string code)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException failure)
        {
            throw new AwsException(code, $"Invalid JSON: {failure.Message}");
        }
    }

    private static string DetailsName(string type) => type switch
    {
        _ when type.EndsWith("StateEntered", StringComparison.Ordinal) => "stateEnteredEventDetails",
        _ when type.EndsWith("StateExited", StringComparison.Ordinal) => "stateExitedEventDetails",
        _ => char.ToLower(type[0], CultureInfo.InvariantCulture) + type[1..] + "EventDetails",
    };

    private static double Seconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;
}
