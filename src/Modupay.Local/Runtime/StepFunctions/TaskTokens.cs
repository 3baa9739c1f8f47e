using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Modupay.Local.Runtime.StepFunctions;

/// <summary>The tasks that wait to be answered from outside. A token dies with its wait: a late answer finds nothing.</summary>
internal sealed class TaskTokens
{
    private readonly ConcurrentDictionary<string, TaskToken> _waiting = new(StringComparer.Ordinal);

    public TaskToken Issue()
    {
        var value = Convert.ToBase64String(RandomNumberGenerator.GetBytes(48));
        return _waiting[value] = new TaskToken(value, () => _waiting.TryRemove(value, out _));
    }

    public bool Succeed(string token, JsonNode? output) => _waiting.TryRemove(token, out var waiting) && waiting.Succeed(output);

    public bool Fail(string token, string error, string? cause) => _waiting.TryRemove(token, out var waiting) && waiting.Fail(error, cause);

    public bool Heartbeat(string token) => _waiting.TryGetValue(token, out var waiting) && waiting.Beat();
}

internal sealed class TaskToken(string value, Action forget) : IDisposable
{
    private readonly TaskCompletionSource<JsonNode?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _silence;
    private TimeSpan _longest;

    public string Value => value;

    /// <summary>Waits for the answer; with a heartbeat, for not much longer than the last sign of life.</summary>
    public async Task<JsonNode?> AnswerAsync(TimeSpan? heartbeat, TimeProvider time, CancellationToken ct)
    {
        if (heartbeat is { } longest)
        {
            _longest = longest;
            _silence = time.CreateTimer(_ => Fail(StateFailure.HeartbeatTimeout, $"No heartbeat for {longest.TotalSeconds} seconds."), null, longest, Timeout.InfiniteTimeSpan);
        }

        return await _answer.Task.WaitAsync(ct);
    }

    public bool Succeed(JsonNode? output) => _answer.TrySetResult(output);

    public bool Fail(string error, string? cause) => _answer.TrySetException(new StateFailure(error, cause));

    public bool Beat()
    {
        _silence?.Change(_longest, Timeout.InfiniteTimeSpan);
        return true;
    }

    public void Dispose()
    {
        forget();
        _silence?.Dispose();
    }
}
