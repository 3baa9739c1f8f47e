using System.Collections.Concurrent;
using Modupay.Aws;

namespace Modupay.Banking.Connectors;

/// <summary>
/// Turns <c>secret:bank/sandbox/hmac</c> into the secret's current text. It is remembered for a minute; a bank that no longer accepts it makes
/// us fetch it again at once, so that rotating a secret loses no order.
/// </summary>
internal sealed class SecretReferences(Func<string, CancellationToken, Task<string>> fetch, TimeProvider time)
{
    private const string Scheme = "secret:";
    private const int MaxRemembered = 1000;
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    // A secret that is plainly wrong must not turn every order into a call to Secrets Manager.
    private static readonly TimeSpan BetweenRefetches = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    public static SecretReferences In(SecretsClient secrets, string prefix, TimeProvider time) =>
        new((name, ct) => secrets.GetSecretValueAsync($"{prefix}/{name}", ct), time);

    /// <summary>A configuration may hold references only; a secret written into it is refused before it is used.</summary>
    public static bool IsReference(string text) => text.StartsWith(Scheme, StringComparison.Ordinal) && text.Length > Scheme.Length;

    public async Task<string> ResolveAsync(string reference, CancellationToken ct) =>
        _known.TryGetValue(reference, out var known) && time.GetUtcNow() < known.FetchedAt + Remembered ? known.Text : await FetchAsync(reference, ct);

    /// <summary>For whoever was just refused with this text: the current text if it is another one, null when there is none newer.</summary>
    public async Task<string?> RefreshAsync(string reference, string refused, CancellationToken ct)
    {
        // A neighbour on another thread may have been refused, and have fetched, before us.
        if (_known.TryGetValue(reference, out var known))
        {
            if (known.Text != refused) return known.Text;
            if (time.GetUtcNow() < known.FetchedAt + BetweenRefetches) return null;
        }

        var current = await FetchAsync(reference, ct);
        return current == refused ? null : current;
    }

    private async Task<string> FetchAsync(string reference, CancellationToken ct)
    {
        if (!IsReference(reference)) throw new InvalidOperationException("A secret is configured in the clear; write secret:NAME instead.");
        var text = await fetch(reference[Scheme.Length..], ct);
        if (_known.Count >= MaxRemembered) _known.Clear();
        _known[reference] = new Known(text, time.GetUtcNow());
        return text;
    }

    private sealed record Known(string Text, DateTimeOffset FetchedAt);
}
