using System.Text;
using System.Text.Json.Nodes;
using Modupay.Local.Runtime;
using Modupay.Local.Runtime.StepFunctions;

namespace Modupay.Tests.Local.Runtime.StepFunctions;

/// <summary>Runs one definition in virtual time, with a C# lambda as the function <c>f</c>, and keeps what happened.</summary>
internal sealed class Machine : IJournal
{
    /// <summary>Definitions say INVOKE for the fields every task of ours has.</summary>
    private const string Invoke = """
        "Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload":{"state.$":"$$.State.Name","execution.$":"$$.Execution.Name","input.$":"$"}}
        """;

    public ManualTime Time { get; } = new();
    public TaskTokens Tokens { get; } = new();
    public List<string> Path { get; } = [];
    public TimeSpan Elapsed => Time.Now - ManualTime.NewYear;

    /// <summary>What the function does with its payload; it may take virtual time.</summary>
    public Func<JsonNode, CancellationToken, Task<JsonNode?>> Function { get; init; } = (payload, _) => Task.FromResult<JsonNode?>(payload);

    public JsonNode? Run(string definition, string input = "{}")
    {
        var functions = new InProcessFunctions(new Dictionary<string, (FunctionHandler, TimeSpan)> { ["f"] = (HandleAsync, TimeSpan.FromMinutes(15)) }, Time);
        var interpreter = new Interpreter(new TaskRunner(functions, Tokens, Time), Time);
        var machine = DefinitionLoader.Load(definition.Replace("INVOKE", Invoke, StringComparison.Ordinal));
        var context = new JsonObject { ["Execution"] = new JsonObject { ["Name"] = "e1", ["Id"] = "arn:e1" } };
        return Time.Run(() => interpreter.RunAsync(machine, machine.StartAt, JsonNode.Parse(input), context, this, CancellationToken.None));
    }

    /// <summary>One state that goes nowhere, which is most of what a test needs.</summary>
    public static string Single(string state) => """{"StartAt":"S","States":{"S":""" + state + "}}";

    void IJournal.Reached(string state, JsonNode? input)
    {
    }

    void IJournal.Record(string type, string path, JsonObject details)
    {
        if (type.EndsWith("Entered", StringComparison.Ordinal)) Path.Add($"{Elapsed.TotalSeconds}s {path}");
    }

    private async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, Invocation invocation, CancellationToken ct) =>
        Encoding.UTF8.GetBytes((await Function(JsonNode.Parse(payload.Span)!, ct))?.ToJsonString() ?? "null");
}
