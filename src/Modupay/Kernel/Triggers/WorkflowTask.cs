using System.Text.Json;

namespace Modupay.Triggers;

/// <summary>
/// What every task state sends to its function. <c>State</c> chooses the code, <c>Execution</c> (the execution's name) and <c>State</c>
/// together are the idempotency key: Step Functions retries a task whose answer it did not hear.
/// </summary>
/// <param name="TaskToken">Present when the state waits to be answered later.</param>
internal sealed record WorkflowTask(string State, string Execution, JsonElement Input, string? TaskToken = null);
