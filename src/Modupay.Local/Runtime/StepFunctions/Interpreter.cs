using System.Text;
using System.Text.Json.Nodes;

namespace Modupay.Local.Runtime.StepFunctions;

/// <summary>Where an execution tells what it does; the path names the state within its branches, such as <c>/Fan[2]/Send</c>.</summary>
internal interface IJournal
{
    /// <summary>Before a state of the workflow itself (not of a branch) starts: an interrupted execution goes on from here.</summary>
    void Reached(string state, JsonNode? input);

    void Record(string type, string path, JsonObject details);
}

/// <summary>Runs a loaded workflow. Time is a parameter, so that an hour of waiting can be tested in no time.</summary>
internal sealed class Interpreter(TaskRunner tasks, TimeProvider time)
{
    // Step Functions' limit for what passes from state to state.
    private const int MaxDataBytes = 256 * 1024;

    /// <summary>Runs from the given state to the end; an error nobody caught is a <see cref="StateFailure"/>.</summary>
    public async Task<JsonNode?> RunAsync(StateMachine machine, string from, JsonNode? input, JsonObject context, IJournal journal, CancellationToken ct)
    {
        return machine.Timeout is { } limit
            ? await TimeLimit.RunAsync(limit, time, StateFailure.Timeout, inTime => WalkAsync(machine, from, input, context, journal, "", inTime), ct)
            : await WalkAsync(machine, from, input, context, journal, "", ct);
    }

    private async Task<JsonNode?> WalkAsync(StateMachine machine, string from, JsonNode? input, JsonObject context, IJournal journal, string path, CancellationToken ct)
    {
        for (var name = from; ;)
        {
            ct.ThrowIfCancellationRequested();
            var state = machine.States[name];
            var visit = new Visit(state, input, Entered(context, name), $"{path}/{name}", journal);
            if (path.Length == 0) journal.Reached(name, input);
            visit.Record($"{state.Type}StateEntered", new JsonObject { ["name"] = name, ["input"] = Json.Compact(input) });
            var (output, next) = await VisitAsync(visit, ct);
            visit.Record($"{state.Type}StateExited", new JsonObject { ["name"] = name, ["output"] = Json.Compact(output) });
            if (next is null) return output;
            (input, name) = (output, next);
        }
    }

    private async Task<(JsonNode? Output, string? Next)> VisitAsync(Visit visit, CancellationToken ct)
    {
        var attempts = new Dictionary<Retrier, int>();
        while (true)
        {
            try
            {
                var (output, next) = await StepAsync(visit, ct);
                return (Limited(output), next);
            }
            catch (StateFailure failure) when (visit.State is WorkState)
            {
                var state = (WorkState)visit.State;
                visit.Record(state is TaskState ? "TaskFailed" : $"{state.Type}StateFailed", new JsonObject { ["error"] = failure.Error, ["cause"] = failure.Cause });
                if (state.Retry.FirstOrDefault(retrier => ErrorNames.Match(retrier.ErrorEquals, failure.Error)) is { } retrier && attempts.GetValueOrDefault(retrier) < retrier.MaxAttempts)
                {
                    attempts[retrier] = attempts.GetValueOrDefault(retrier) + 1;
                    visit.Context["State"]!["RetryCount"] = attempts.Values.Sum();
                    await Task.Delay(Pause(retrier, attempts[retrier]), time, ct);
                    continue;
                }

                if (state.Catch.FirstOrDefault(catcher => ErrorNames.Match(catcher.ErrorEquals, failure.Error)) is not { } catcher) throw;
                return (catcher.ResultPath.Combine(visit.RawInput, new JsonObject { ["Error"] = failure.Error, ["Cause"] = failure.Cause }), catcher.Next);
            }
        }
    }

    private async Task<(JsonNode? Output, string? Next)> StepAsync(Visit visit, CancellationToken ct)
    {
        var state = visit.State;
        var scope = new Scope(state.InputPath.Apply(visit.RawInput, visit.Context), visit.Context);
        switch (state)
        {
            case FailState fail:
                throw new StateFailure(fail.Error(scope) ?? "States.Failed", fail.Cause(scope));
            case SucceedState:
                return (Out(scope.Input), null);
            case ChoiceState choice:
                var next = choice.Choices.FirstOrDefault(candidate => candidate.Rule.Matches(scope)).Next ?? choice.Default;
                return (Out(scope.Input), next ?? throw new StateFailure("States.NoChoiceMatched", $"No choice of {state.Name} matched, and it has no default."));
            case WaitState wait:
                if (WaitFor(wait, scope) is { } pause && pause > TimeSpan.Zero) await Task.Delay(pause, time, ct);
                return (Out(scope.Input), state.Next);
            case PassState pass:
                var passed = pass.Result is { } constant ? constant.Value : pass.Parameters is { } template ? template.Build(scope) : scope.Input;
                return (Out(pass.ResultPath.Combine(visit.RawInput, passed)), state.Next);
        }

        var work = (WorkState)state;
        var result = Limited(await WorkAsync(work, visit, scope, ct));
        if (work.ResultSelector is { } selector) result = selector.Build(scope with { Input = result });
        return (Out(work.ResultPath.Combine(visit.RawInput, result)), state.Next);

        JsonNode? Out(JsonNode? value) => state.OutputPath.Apply(value, visit.Context)?.DeepClone();
    }

    private Task<JsonNode?> WorkAsync(WorkState state, Visit visit, Scope scope, CancellationToken ct) => state switch
    {
        TaskState task => tasks.RunAsync(task, scope, visit.Record, ct),
        ParallelState parallel => ParallelAsync(parallel, visit, scope, ct),
        _ => MapAsync((MapState)state, visit, scope, ct),
    };

    private Task<JsonNode?> ParallelAsync(ParallelState state, Visit visit, Scope scope, CancellationToken ct)
    {
        var input = state.Parameters is { } template ? template.Build(scope) : scope.Input;
        return AllAsync(state.Branches.Count, limit: 0, (index, inTime) =>
            WalkAsync(state.Branches[index], state.Branches[index].StartAt, input?.DeepClone(), visit.Context, visit.Journal, $"{visit.Path}[{index}]", inTime), ct);
    }

    private Task<JsonNode?> MapAsync(MapState state, Visit visit, Scope scope, CancellationToken ct)
    {
        var found = state.ItemsPath is { } path ? path.Read(scope) : scope.Input;
        var items = found as JsonArray ?? throw new StateFailure(StateFailure.RuntimeError, $"The items of {state.Name} are no list.");
        return AllAsync(items.Count, state.MaxConcurrency, (index, inTime) =>
        {
            var context = (JsonObject)visit.Context.DeepClone();
            context["Map"] = new JsonObject { ["Item"] = new JsonObject { ["Index"] = index, ["Value"] = items[index]?.DeepClone() } };
            var input = state.ItemSelector is { } template ? template.Build(new Scope(scope.Input, context)) : items[index]?.DeepClone();
            return WalkAsync(state.ItemProcessor, state.ItemProcessor.StartAt, input, context, visit.Journal, $"{visit.Path}[{index}]", inTime);
        }, ct);
    }

    /// <summary>Runs all, at most <paramref name="limit"/> at once (0: no limit); the first failure stops the others and is the failure of them all.</summary>
    private static async Task<JsonNode?> AllAsync(int count, int limit, Func<int, CancellationToken, Task<JsonNode?>> work, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        StateFailure? failure = null;
        var results = new JsonNode?[count];
        var taken = -1;
        // Workers that take the next item, and not a semaphore: that one hands its places on by the thread pool, so virtual time would run ahead of it.
        await Task.WhenAll(Enumerable.Range(0, limit == 0 ? count : Math.Min(limit, count)).Select(_ => WorkAsync()));
        ct.ThrowIfCancellationRequested();
        return failure is null ? new JsonArray([.. results.Select(result => result?.DeepClone())]) : throw failure;

        async Task WorkAsync()
        {
            try
            {
                for (var index = Interlocked.Increment(ref taken); index < count; index = Interlocked.Increment(ref taken))
                {
                    stop.Token.ThrowIfCancellationRequested();
                    results[index] = await work(index, stop.Token);
                }
            }
            catch (StateFailure first)
            {
                Interlocked.CompareExchange(ref failure, first, null);
                stop.Cancel();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // Stopped by the failure of another, which is what the caller hears, or by the caller.
            }
        }
    }

    private JsonObject Entered(JsonObject context, string state)
    {
        var own = (JsonObject)context.DeepClone();
        own["State"] = new JsonObject { ["Name"] = state, ["EnteredTime"] = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"), ["RetryCount"] = 0 };
        return own;
    }

    private TimeSpan WaitFor(WaitState wait, Scope scope)
    {
        if (wait.For is { } seconds) return seconds;
        if (wait.SecondsPath is { } path)
            return Json.NumberOrNull(path.Read(scope)) is { } number ? TimeSpan.FromSeconds((double)number) : throw new StateFailure(StateFailure.RuntimeError, $"{path} is no number of seconds.");
        var until = wait.Until ?? Json.TimestampOrNull(wait.TimestampPath!.Read(scope)) ?? throw new StateFailure(StateFailure.RuntimeError, $"{wait.TimestampPath} is no timestamp.");
        return until - time.GetUtcNow();
    }

    private static TimeSpan Pause(Retrier retrier, int attempt)
    {
        var seconds = retrier.IntervalSeconds * Math.Pow(retrier.BackoffRate, attempt - 1);
        if (retrier.MaxDelaySeconds is { } most) seconds = Math.Min(seconds, most);
        return TimeSpan.FromSeconds(retrier.FullJitter ? Random.Shared.NextDouble() * seconds : seconds);
    }

    private static JsonNode? Limited(JsonNode? data) => Encoding.UTF8.GetByteCount(Json.Compact(data)) <= MaxDataBytes
        ? data
        : throw new StateFailure(StateFailure.TooMuchData, "The state's data exceeds the maximum of 262144 bytes.");

    /// <summary>One stay in a state, retries included.</summary>
    private sealed record Visit(State State, JsonNode? RawInput, JsonObject Context, string Path, IJournal Journal)
    {
        public void Record(string type, JsonObject details) => Journal.Record(type, Path, details);
    }
}
