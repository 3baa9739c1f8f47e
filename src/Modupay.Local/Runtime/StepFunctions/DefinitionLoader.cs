using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Modupay.Local.Runtime.StepFunctions;

/// <summary>
/// Loads the part of Amazon States Language (JSONPath) that this interpreter runs as AWS would. Everything else is refused here, with the
/// state and the field: a workflow that runs locally must not rely on something that was silently skipped.
/// </summary>
internal static partial class DefinitionLoader
{
    private const string InvokeLambda = "arn:aws:states:::lambda:invoke";
    private const string Token = ".waitForTaskToken";

    [GeneratedRegex(@"\$\{(\w+)\}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Placeholder();

    /// <summary>The placeholders <c>${Name}</c>, which the CDK fills when it deploys, must have been filled.</summary>
    public static StateMachine Load(string definition)
    {
        if (Placeholder().Match(definition) is { Success: true } missing) throw new DefinitionException("definition", $"nothing fills the placeholder {missing.Value}");

        var reader = new DefinitionReader(JsonNode.Parse(definition) as JsonObject ?? throw new DefinitionException("definition", "is no object"), "definition");
        return reader.Whole(machine =>
        {
            if (machine.TextOrNull("QueryLanguage") is not (null or "JSONPath")) throw machine.Wrong("QueryLanguage", "must be JSONPath");
            if (machine.TextOrNull("Version") is not (null or "1.0")) throw machine.Wrong("Version", "must be 1.0");
            return Machine(machine, "");
        });
    }

    private static StateMachine Machine(DefinitionReader machine, string path)
    {
        var states = machine.Object("States").ToDictionary(
            pair => pair.Key,
            pair => new DefinitionReader(pair.Value as JsonObject ?? throw machine.Wrong(pair.Key, "must be an object"), $"{path}/{pair.Key}").Whole(reader => ReadState(reader, pair.Key)),
            StringComparer.Ordinal);
        var loaded = new StateMachine(machine.Text("StartAt"), states, machine.SecondsOrNull("TimeoutSeconds", 1));
        if (!states.ContainsKey(loaded.StartAt)) throw machine.Wrong("StartAt", $"names no state: {loaded.StartAt}");
        foreach (var state in states.Values)
            foreach (var target in Targets(state))
                if (!states.ContainsKey(target)) throw new DefinitionException($"{path}/{state.Name}", $"leads to a state that is not there: {target}");
        return loaded;
    }

    private static IEnumerable<string> Targets(State state)
    {
        if (state.Next is { } next) yield return next;
        if (state is ChoiceState { Default: { } otherwise }) yield return otherwise;
        foreach (var choice in (state as ChoiceState)?.Choices ?? []) yield return choice.Next;
        foreach (var catcher in (state as WorkState)?.Catch ?? []) yield return catcher.Next;
    }

    private static State ReadState(DefinitionReader reader, string name)
    {
        var type = reader.Text("Type");
        State state = type switch
        {
            "Pass" => new PassState { Name = name, Type = type, Parameters = reader.TemplateOrNull("Parameters"), Result = reader.Has("Result") ? new Literal(reader.Node("Result")) : null, ResultPath = ResultPath(reader) },
            "Task" => Task(reader, name),
            "Choice" => new ChoiceState { Name = name, Type = type, Choices = reader.List("Choices", choice => (Next: choice.Text("Next"), Rule: Rule(choice))).Select(choice => (choice.Rule, choice.Next)).ToList(), Default = reader.TextOrNull("Default") },
            "Wait" => Wait(reader, name),
            "Succeed" => new SucceedState { Name = name, Type = type },
            "Fail" => new FailState { Name = name, Type = type, Error = TextOrPath(reader, "Error"), Cause = TextOrPath(reader, "Cause") },
            "Parallel" => new ParallelState { Name = name, Type = type, Branches = reader.List("Branches", branch => Machine(branch, branch.Location)) },
            "Map" => Map(reader, name),
            _ => throw reader.Wrong("Type", $"{type} is not supported here"),
        };
        if (state is WorkState work) state = work with { Parameters = work is MapState ? null : reader.TemplateOrNull("Parameters"), ResultSelector = reader.TemplateOrNull("ResultSelector"), ResultPath = ResultPath(reader), Retry = Retriers(reader), Catch = Catchers(reader) };
        if (state is FailState) return state;
        state = state with { InputPath = Selected(reader, "InputPath"), OutputPath = Selected(reader, "OutputPath") };
        return state is ChoiceState or SucceedState ? state : state with { Next = NextOrEnd(reader) };
    }

    private static TaskState Task(DefinitionReader reader, string name)
    {
        var resource = reader.Text("Resource");
        if (resource is not (InvokeLambda or InvokeLambda + Token)) throw reader.Wrong("Resource", $"{resource} is not supported here; use {InvokeLambda}");
        return new TaskState { Name = name, Type = "Task", WaitsForToken = resource.EndsWith(Token, StringComparison.Ordinal), Timeout = reader.SecondsOrNull("TimeoutSeconds", 1), Heartbeat = reader.SecondsOrNull("HeartbeatSeconds", 1) };
    }

    private static MapState Map(DefinitionReader reader, string name)
    {
        var processor = new DefinitionReader(reader.Object("ItemProcessor"), $"{reader.Location}.ItemProcessor");
        return new MapState
        {
            Name = name,
            Type = "Map",
            ItemsPath = reader.PathOrNull("ItemsPath"),
            ItemSelector = reader.TemplateOrNull("ItemSelector"),
            MaxConcurrency = (int)(reader.NumberOrNull("MaxConcurrency", 0) ?? 0),
            ItemProcessor = processor.Whole(inner =>
            {
                if (inner.Has("ProcessorConfig")) new DefinitionReader(inner.Object("ProcessorConfig"), inner.Location).Whole(config => config.TextOrNull("Mode") is null or "INLINE" ? true : throw config.Wrong("Mode", "must be INLINE"));
                return Machine(inner, reader.Location);
            }),
        };
    }

    private static WaitState Wait(DefinitionReader reader, string name)
    {
        var wait = new WaitState
        {
            Name = name,
            Type = "Wait",
            For = reader.SecondsOrNull("Seconds", 0),
            Until = reader.Has("Timestamp") ? Json.TimestampOrNull(reader.Node("Timestamp")) ?? throw reader.Wrong("Timestamp", "must be a timestamp with an offset") : null,
            SecondsPath = reader.PathOrNull("SecondsPath"),
            TimestampPath = reader.PathOrNull("TimestampPath"),
        };
        var ways = new object?[] { wait.For, wait.Until, wait.SecondsPath, wait.TimestampPath }.Count(way => way is not null);
        return ways == 1 ? wait : throw reader.Wrong("Seconds", "or exactly one of Timestamp, SecondsPath, TimestampPath is required");
    }

    private static ChoiceRule Rule(DefinitionReader reader)
    {
        if (reader.Has("And")) return All(reader.List("And", Rule));
        if (reader.Has("Or")) return Any(reader.List("Or", Rule));
        if (reader.Has("Not"))
        {
            var inner = new DefinitionReader(reader.Object("Not"), $"{reader.Location}.Not").Whole(Rule);
            return new(scope => !inner.Matches(scope));
        }

        var variable = reader.PathOrNull("Variable") ?? throw reader.Wrong("Variable", "is required");
        var operation = reader.SingleUnread ?? throw reader.Wrong("Variable", "needs exactly one operator");
        var rule = operation.EndsWith("Path", StringComparison.Ordinal)
            ? ChoiceRule.ComparePaths(variable, operation, reader.PathOrNull(operation)!)
            : ChoiceRule.Compare(variable, operation, reader.Node(operation));
        return rule ?? throw reader.Wrong(operation, "is not supported here with that operand");

        static ChoiceRule All(IReadOnlyList<ChoiceRule> rules) => new(scope => rules.All(rule => rule.Matches(scope)));
        static ChoiceRule Any(IReadOnlyList<ChoiceRule> rules) => new(scope => rules.Any(rule => rule.Matches(scope)));
    }

    private static IReadOnlyList<Retrier> Retriers(DefinitionReader reader) => reader.List("Retry", retrier => new Retrier(
        Errors(retrier),
        (double)(retrier.NumberOrNull("IntervalSeconds", 1) ?? 1),
        (int)(retrier.NumberOrNull("MaxAttempts", 0) ?? 3),
        (double)(retrier.NumberOrNull("BackoffRate", 1) ?? 2),
        (double?)retrier.NumberOrNull("MaxDelaySeconds", 1),
        retrier.TextOrNull("JitterStrategy") switch { null or "NONE" => false, "FULL" => true, _ => throw retrier.Wrong("JitterStrategy", "must be FULL or NONE") }));

    private static IReadOnlyList<Catcher> Catchers(DefinitionReader reader) => reader.List("Catch", catcher => new Catcher(Errors(catcher), catcher.Text("Next"), ResultPath(catcher)));

    private static IReadOnlyList<string> Errors(DefinitionReader reader)
    {
        var names = reader.Texts("ErrorEquals");
        return names.Count == 1 || !names.Contains("States.ALL", StringComparer.Ordinal) ? names : throw reader.Wrong("ErrorEquals", "with States.ALL must have nothing else");
    }

    private static ResultTarget ResultPath(DefinitionReader reader)
    {
        if (!reader.Has("ResultPath")) return ResultTarget.Replace;
        if (reader.PathOrNull("ResultPath") is not { } path) return new(null, Discard: true);
        return path.CanBeWritten ? new(path) : throw reader.Wrong("ResultPath", $"{path} cannot be written");
    }

    private static Selection Selected(DefinitionReader reader, string field) =>
        !reader.Has(field) ? Selection.Everything : reader.PathOrNull(field) is { } path ? new(path) : new(null, Nothing: true);

    private static Func<Scope, string?> TextOrPath(DefinitionReader reader, string field)
    {
        var constant = reader.TextOrNull(field);
        var expression = reader.Parse(field + "Path", node => Expression.Parse(Json.TextOrNull(node) ?? throw new FormatException("must be a path")));
        return expression is null ? _ => constant : scope => Json.TextOrNull(expression.Evaluate(scope)) ?? throw new StateFailure(StateFailure.RuntimeError, $"{field}Path found no text.");
    }

    private static string? NextOrEnd(DefinitionReader reader)
    {
        var (next, end) = (reader.TextOrNull("Next"), reader.Flag("End"));
        return next is null == end ? next : throw reader.Wrong("Next", "or End is required, and only one of them");
    }
}
