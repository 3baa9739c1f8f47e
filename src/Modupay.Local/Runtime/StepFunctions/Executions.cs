using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Modupay.Local.Cloud;

namespace Modupay.Local.Runtime.StepFunctions;

/// <summary>All executions of all workflows: starts each name once, keeps what happened, goes on after a restart.</summary>
internal sealed class Executions(IReadOnlyDictionary<string, StateMachine> machines, IFunctionHost functions, ExecutionStore store, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (Execution Execution, CancellationTokenSource Stop)> _executions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _shutdown = new();

    public TaskTokens Tokens { get; } = new();

    public bool HasMachine(string machine) => machines.ContainsKey(machine);

    /// <summary>Starts a workflow, or answers the execution that already has the name; comparing the two is the caller's business.</summary>
    public (Execution Execution, bool Started) Start(string machine, string name, string input)
    {
        var execution = new Execution(new ExecutionRecord(machine, name, input, time.GetUtcNow()) { State = machines[machine].StartAt, StateInput = input }, store, time);
        if (!_executions.TryAdd(execution.Arn, (execution, new CancellationTokenSource()))) return (_executions[execution.Arn].Execution, false);

        store.Save(execution.Record);
        execution.Note("ExecutionStarted", new JsonObject { ["input"] = input });
        Run(execution);
        return (execution, true);
    }

    public Execution? Find(string arn) => _executions.TryGetValue(arn, out var entry) ? entry.Execution : null;

    public IEnumerable<Execution> Of(string machine) => _executions.Values.Select(entry => entry.Execution).Where(execution => execution.Record.Machine == machine);

    public void Stop(Execution execution, string? error, string? cause)
    {
        execution.End(ExecutionStatus.Aborted, output: null, error, cause);
        _executions[execution.Arn].Stop.Cancel();
    }

    /// <summary>Goes on with what the last run of the local cloud left unfinished, from the state it was in: tasks are idempotent.</summary>
    public int Resume()
    {
        var resumed = 0;
        foreach (var record in store.Load().Where(record => machines.ContainsKey(record.Machine)))
        {
            var execution = new Execution(record, store, time);
            if (!_executions.TryAdd(execution.Arn, (execution, new CancellationTokenSource())) || record.Status is not ExecutionStatus.Running) continue;
            if (machines[record.Machine].States.ContainsKey(record.State ?? "")) Run(execution);
            else execution.End(ExecutionStatus.Failed, output: null, StateFailure.RuntimeError, $"The definition has no state {record.State} any more.");
            resumed++;
        }

        return resumed;
    }

    /// <summary>Leaves what runs as it is, to be resumed.</summary>
    public async ValueTask DisposeAsync()
    {
        _shutdown.Cancel();
        await Task.WhenAll(_running.Values);
        foreach (var (_, stop) in _executions.Values) stop.Dispose();
        _shutdown.Dispose();
    }

    private void Run(Execution execution)
    {
        var stop = _executions[execution.Arn].Stop;
        var run = RunAsync(execution, stop.Token);
        _running[execution.Arn] = run;
        _ = run.ContinueWith(_ => _running.TryRemove(execution.Arn, out Task? _), TaskScheduler.Default);
    }

    private async Task RunAsync(Execution execution, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, _shutdown.Token);
        var record = execution.Record;
        try
        {
            var interpreter = new Interpreter(new TaskRunner(functions, Tokens, time), time);
            var output = await interpreter.RunAsync(machines[record.Machine], record.State!, JsonNode.Parse(record.StateInput ?? "{}"), Context(execution), execution, either.Token);
            execution.End(ExecutionStatus.Succeeded, Json.Compact(output), error: null, cause: null);
        }
        catch (StateFailure failure)
        {
            execution.End(failure.Error is StateFailure.Timeout ? ExecutionStatus.TimedOut : ExecutionStatus.Failed, output: null, failure.Error, failure.Cause);
            log.LogWarning("Execution {Execution} of {Workflow} failed: {Error} {Cause}", record.Name, record.Machine, failure.Error, failure.Cause);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // Stopped by request, which End has noted, or by the end of this process, which Resume will notice.
        }
        catch (Exception exception)
        {
            execution.End(ExecutionStatus.Failed, output: null, StateFailure.RuntimeError, exception.Message);
            log.LogError(exception, "Execution {Execution} of {Workflow} broke the interpreter.", record.Name, record.Machine);
        }
    }

    private static JsonObject Context(Execution execution)
    {
        var record = execution.Record;
        return new JsonObject
        {
            ["Execution"] = new JsonObject
            {
                ["Id"] = execution.Arn,
                ["Name"] = record.Name,
                ["Input"] = JsonNode.Parse(record.Input),
                ["StartTime"] = record.StartedAt.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"),
                ["RoleArn"] = $"arn:aws:iam::{AwsAccount.Local.Id}:role/local",
            },
            ["StateMachine"] = new JsonObject { ["Id"] = AwsAccount.Local.Arn("states", $"stateMachine:{record.Machine}"), ["Name"] = record.Machine },
        };
    }
}
