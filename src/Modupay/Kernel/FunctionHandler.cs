namespace Modupay;

/// <summary>What an event function is: bytes in, bytes out. The Lambda loop and the local cloud's in-process host call the same delegate.</summary>
internal delegate Task<ReadOnlyMemory<byte>> FunctionHandler(ReadOnlyMemory<byte> payload, Invocation invocation, CancellationToken ct);

/// <summary>Who called, under which id, and until when an answer counts.</summary>
internal sealed record Invocation(string RequestId, string FunctionArn, string? TraceHeader, DateTimeOffset Deadline);

/// <summary>
/// A failure with a name that a workflow can match in <c>Retry</c> or <c>Catch</c>. Any other exception reaches the workflow under its
/// full type name, which nobody should match.
/// </summary>
internal sealed class LambdaError(string type, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Type => type;
}
