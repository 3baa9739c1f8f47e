using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Modupay.Local.Runtime;

/// <summary>Somewhere the manifest's event functions run: child processes that can be killed, or this process, where they can be debugged.</summary>
internal interface IFunctionHost
{
    /// <summary>
    /// Runs a function once. What goes wrong inside it (an error it reports, a crash, its time limit) is part of the result; an unknown
    /// function is an <see cref="UnknownFunctionException"/>.
    /// </summary>
    Task<InvocationResult> InvokeAsync(string function, ReadOnlyMemory<byte> payload, CancellationToken ct);
}

/// <summary>A function's answer or, when <see cref="Error"/> is not null, why there is none.</summary>
internal sealed record InvocationResult(ReadOnlyMemory<byte> Payload, FunctionError? Error)
{
    public static InvocationResult Answer(ReadOnlyMemory<byte> payload) => new(payload, null);

    /// <summary>The payload is the error document AWS would return: a workflow shows it as the cause.</summary>
    public static InvocationResult Failed(string type, string message) =>
        new(Encoding.UTF8.GetBytes(new JsonObject { ["errorMessage"] = message, ["errorType"] = type }.ToJsonString()), new FunctionError(type, message));

    /// <summary>Reads the document a function reported; one that is no error document counts as an unknown error, as in AWS.</summary>
    public static InvocationResult Reported(ReadOnlyMemory<byte> document)
    {
        try
        {
            if (JsonNode.Parse(document.Span) is JsonObject error && error["errorType"] is JsonValue type && type.TryGetValue<string>(out var name))
                return new(document, new FunctionError(name, error["errorMessage"]?.ToString() ?? ""));
        }
        catch (JsonException)
        {
            // Falls through: unreadable is as unknown as a document without a type.
        }

        return Failed(FunctionError.Unknown, Encoding.UTF8.GetString(document.Span));
    }
}

/// <summary>The names are AWS's own, because workflows match on them.</summary>
internal sealed record FunctionError(string Type, string Message)
{
    public const string Unknown = "Lambda.Unknown";
    public const string ProcessEnded = "Runtime.ExitError";
    public const string TimedOut = "Sandbox.Timedout";
    public const string NotFound = "Lambda.ResourceNotFoundException";
}

internal sealed class UnknownFunctionException(string function) : Exception($"There is no function {function}.");
