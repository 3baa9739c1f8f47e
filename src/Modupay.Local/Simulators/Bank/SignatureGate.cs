using Microsoft.AspNetCore.Http;
using Modupay.Banking.Connectors.Signing;

namespace Modupay.Local.Simulators.Bank;

/// <summary>Lets in what is signed with the shared secret, whole, fresh, and not seen before.</summary>
internal sealed class SignatureGate(string keyId, string secret, TimeProvider time)
{
    private static readonly SignatureRules Rules = new(["@method", "@authority", "@path", "@query", "x-request-id"], ClockSkew: TimeSpan.FromSeconds(30), MaxAge: TimeSpan.FromMinutes(5));

    private readonly Lock _lock = new();
    private readonly Dictionary<string, DateTimeOffset> _nonces = new(StringComparer.Ordinal);
    private volatile SignatureKey _key = SignatureKey.Of(keyId, secret);

    public void Replace(string other) => _key = SignatureKey.Of(keyId, other);

    /// <returns>Why the request is refused, or null.</returns>
    public string? Refuses(HttpRequest request, byte[] body)
    {
        var now = time.GetUtcNow();
        var key = _key;
        var message = new SignedMessage(request.Method, request.Host.Value!.ToLowerInvariant(), request.PathBase + request.Path.ToUriComponent(), request.QueryString.HasValue ? request.QueryString.Value! : "?",
            name => request.Headers.TryGetValue(name, out var values) ? string.Join(", ", values.Select(value => value?.Trim())) : null);
        var check = HttpSignature.Verify(message, body, Rules, id => id == key.Id ? key.Secret : null, now);
        return check.Signature is { } signature ? Replayed(signature, now) : check.Refusal;
    }

    private string? Replayed(SignatureInput signature, DateTimeOffset now)
    {
        lock (_lock)
        {
            foreach (var old in _nonces.Where(known => known.Value <= now).Select(known => known.Key).ToList()) _nonces.Remove(old);
            return _nonces.TryAdd(signature.Nonce!, signature.Expires!.Value) ? null : "The nonce was used before.";
        }
    }
}
