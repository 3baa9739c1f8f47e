using System.Text.Json.Nodes;

namespace Modupay.Local.Runtime.StepFunctions;

/// <summary>A loaded workflow, or one branch of one: every name resolved, every path and expression parsed.</summary>
internal sealed record StateMachine(string StartAt, IReadOnlyDictionary<string, State> States, TimeSpan? Timeout);

internal abstract record State
{
    public required string Name { get; init; }
    public required string Type { get; init; }
    public Selection InputPath { get; init; } = Selection.Everything;
    public Selection OutputPath { get; init; } = Selection.Everything;

    /// <summary>Null where the machine ends.</summary>
    public string? Next { get; init; }
}

internal sealed record PassState : State
{
    public Template? Parameters { get; init; }
    public Literal? Result { get; init; }
    public ResultTarget ResultPath { get; init; } = ResultTarget.Replace;
}

internal sealed record ChoiceState : State
{
    public required IReadOnlyList<(ChoiceRule Rule, string Next)> Choices { get; init; }
    public string? Default { get; init; }
}

/// <summary>Exactly one of the four says how long.</summary>
internal sealed record WaitState : State
{
    public TimeSpan? For { get; init; }
    public DateTimeOffset? Until { get; init; }
    public ReferencePath? SecondsPath { get; init; }
    public ReferencePath? TimestampPath { get; init; }
}

internal sealed record SucceedState : State;

internal sealed record FailState : State
{
    public required Func<Scope, string?> Error { get; init; }
    public required Func<Scope, string?> Cause { get; init; }
}

/// <summary>What does work and may fail at it.</summary>
internal abstract record WorkState : State
{
    public Template? Parameters { get; init; }
    public Template? ResultSelector { get; init; }
    public ResultTarget ResultPath { get; init; } = ResultTarget.Replace;
    public IReadOnlyList<Retrier> Retry { get; init; } = [];
    public IReadOnlyList<Catcher> Catch { get; init; } = [];
}

internal sealed record TaskState : WorkState
{
    /// <summary>The resource ends in <c>.waitForTaskToken</c>: the result comes later, by SendTaskSuccess.</summary>
    public bool WaitsForToken { get; init; }
    public TimeSpan? Timeout { get; init; }
    public TimeSpan? Heartbeat { get; init; }
}

internal sealed record ParallelState : WorkState
{
    public required IReadOnlyList<StateMachine> Branches { get; init; }
}

internal sealed record MapState : WorkState
{
    public ReferencePath? ItemsPath { get; init; }
    public Template? ItemSelector { get; init; }
    public required StateMachine ItemProcessor { get; init; }
    public int MaxConcurrency { get; init; }
}

internal sealed record Retrier(IReadOnlyList<string> ErrorEquals, double IntervalSeconds, int MaxAttempts, double BackoffRate, double? MaxDelaySeconds, bool FullJitter);

internal sealed record Catcher(IReadOnlyList<string> ErrorEquals, string Next, ResultTarget ResultPath);

/// <summary>A constant, wrapped because JSON's null is one too.</summary>
internal sealed record Literal(JsonNode? Value);

/// <summary>InputPath and OutputPath: everything, nothing (an empty object), or what a path finds.</summary>
internal sealed record Selection(ReferencePath? Path, bool Nothing = false)
{
    public static readonly Selection Everything = new((ReferencePath?)null);

    public JsonNode? Apply(JsonNode? value, JsonObject context) => Nothing ? new JsonObject() : Path is null ? value : Path.Read(new Scope(value, context));
}

/// <summary>ResultPath: the result replaces the input, is dropped, or is put into a copy of the input.</summary>
internal sealed record ResultTarget(ReferencePath? Path, bool Discard = false)
{
    public static readonly ResultTarget Replace = new((ReferencePath?)null);

    public JsonNode? Combine(JsonNode? rawInput, JsonNode? result) => Discard ? rawInput : Path is null ? result : Path.Write(rawInput, result);
}

/// <summary>What expressions see: the state's input as <c>$</c> and the execution's context as <c>$$</c>.</summary>
internal readonly record struct Scope(JsonNode? Input, JsonObject Context);

/// <summary>An error with the name that Retry and Catch compare with.</summary>
internal sealed class StateFailure(string error, string? cause) : Exception($"{error}: {cause}")
{
    public const string Timeout = "States.Timeout";
    public const string HeartbeatTimeout = "States.HeartbeatTimeout";
    public const string RuntimeError = "States.Runtime";
    public const string TooMuchData = "States.DataLimitExceeded";

    public string Error => error;
    public string? Cause => cause;
}

/// <summary>The definition uses something this interpreter does not do as AWS would, so it is not run at all.</summary>
internal sealed class DefinitionException(string location, string message) : Exception($"{location}: {message}");
