using System.Text.Json.Serialization;

namespace Modupay.Lambda.Runtime;

/// <summary>How a failed invocation is told to Lambda; <c>ErrorType</c> is what a workflow's <c>ErrorEquals</c> compares with.</summary>
internal sealed record LambdaFailure(string ErrorType, string ErrorMessage, IReadOnlyList<string> StackTrace)
{
    public const string DeadlineExceeded = "Function.DeadlineExceeded";
    public const string Stopped = "Function.Stopped";
    public const string AnswerTooLarge = "Function.ResponseSizeTooLarge";

    public static LambdaFailure From(Exception exception) => new(
        exception is LambdaError named ? named.Type : exception.GetType().FullName ?? exception.GetType().Name,
        exception.Message,
        exception.StackTrace?.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? []);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LambdaFailure))]
internal sealed partial class LambdaJson : JsonSerializerContext;
