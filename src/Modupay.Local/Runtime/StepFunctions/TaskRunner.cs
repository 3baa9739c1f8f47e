using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Modupay.Local.Runtime.StepFunctions;

/// <summary>Runs Task states: <c>arn:aws:states:::lambda:invoke</c>, with or without waiting for a token.</summary>
internal sealed class TaskRunner(IFunctionHost functions, TaskTokens tokens, TimeProvider time)
{
    public Task<JsonNode?> RunAsync(TaskState state, Scope scope, Action<string, JsonObject> record, CancellationToken ct) => state.Timeout is { } limit
        ? TimeLimit.RunAsync(limit, time, StateFailure.Timeout, inTime => AttemptAsync(state, scope, record, inTime), ct)
        : AttemptAsync(state, scope, record, ct);

    private async Task<JsonNode?> AttemptAsync(TaskState state, Scope scope, Action<string, JsonObject> record, CancellationToken ct)
    {
        if (!state.WaitsForToken) return await InvokeAsync(state, scope, record, ct);

        using var token = tokens.Issue();
        scope.Context["Task"] = new JsonObject { ["Token"] = token.Value };
        await InvokeAsync(state, scope, record, ct);
        return await token.AnswerAsync(state.Heartbeat, time, ct);
    }

    private async Task<JsonNode?> InvokeAsync(TaskState state, Scope scope, Action<string, JsonObject> record, CancellationToken ct)
    {
        var parameters = state.Parameters?.Build(scope) as JsonObject;
        var function = FunctionName(parameters);
        record("TaskScheduled", new JsonObject { ["resourceType"] = "lambda", ["resource"] = "invoke", ["parameters"] = Json.Compact(parameters) });
        var result = await CallAsync(function, Encoding.UTF8.GetBytes(Json.Compact(parameters?["Payload"] ?? new JsonObject())), ct);
        if (result.Error is { } error) throw new StateFailure(error.Type, Encoding.UTF8.GetString(result.Payload.Span));
        record("TaskSucceeded", new JsonObject { ["resourceType"] = "lambda", ["resource"] = "invoke" });
        return new JsonObject { ["ExecutedVersion"] = "$LATEST", ["Payload"] = Answer(result.Payload), ["StatusCode"] = 200 };
    }

    private async Task<InvocationResult> CallAsync(string function, byte[] payload, CancellationToken ct)
    {
        try
        {
            return await functions.InvokeAsync(function, payload, ct);
        }
        catch (UnknownFunctionException unknown)
        {
            return InvocationResult.Failed(FunctionError.NotFound, unknown.Message);
        }
    }

    // A name, an ARN, or an ARN with a version or alias behind it.
    private static string FunctionName(JsonObject? parameters)
    {
        var name = Json.TextOrNull(parameters?["FunctionName"]) ?? throw new StateFailure(StateFailure.RuntimeError, "The task names no function.");
        var arn = name.IndexOf(":function:", StringComparison.Ordinal);
        return arn < 0 ? name : name[(arn + 10)..].Split(':')[0];
    }

    private static JsonNode? Answer(ReadOnlyMemory<byte> payload)
    {
        try
        {
            return payload.IsEmpty ? null : JsonNode.Parse(payload.Span);
        }
        catch (JsonException exception)
        {
            throw new StateFailure(StateFailure.RuntimeError, $"The function's answer is not JSON: {exception.Message}");
        }
    }
}
