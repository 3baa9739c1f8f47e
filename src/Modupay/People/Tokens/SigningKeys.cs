using System.Security.Cryptography;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Modupay.Audit;
using Modupay.Deployment;

namespace Modupay.People;

internal static class SigningKeySql
{
    internal const string All = "select kid, name, published_at, current_from, retires_at from people.signing_keys";

    internal const string Publish = "insert into people.signing_keys (kid, tenant_id, name, published_at) values ($1, $2, $3, $4) on conflict (kid) do nothing";

    /// <summary>Whoever decides about the next key waits for whoever is deciding.</summary>
    internal const string LockAll = "select kid, name, published_at, current_from, retires_at from people.signing_keys order by kid for update";

    /// <summary>A key that retires anyway never does so later for it.</summary>
    internal const string Retire = "update people.signing_keys set retires_at = $1 where current_from is not null and (retires_at is null or retires_at > $1)";

    internal const string MakeCurrent = "update people.signing_keys set current_from = $2 where kid = $1";
}

/// <summary>
/// The keys that access tokens are signed with. KMS holds them and never gives them away; the manifest names them; a table remembers which of them
/// signs. What a token is checked with comes from KMS itself, so that no row of a table can make a key trusted.
/// </summary>
internal sealed class SigningKeys(Database database, IAmazonKeyManagementService kms, Func<string, string> keyId)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private IReadOnlyDictionary<string, PublicKey>? _keys;
    private KnownStates? _states;

    /// <summary>The signature over a signing input, made by KMS with the key that is current now, and that key's id.</summary>
    public async Task<(string SigningInput, byte[] Signature)> SignAsync(Func<string, string> signingInput, CancellationToken ct)
    {
        var current = SigningKeyState.Current(await StatesAsync(ct)) ?? throw new InvalidOperationException("No signing key is current.");
        var input = signingInput(current.Kid);
        var answer = await kms.SignAsync(new SignRequest
        {
            KeyId = keyId(current.Name),
            Message = new MemoryStream(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(input))),
            MessageType = MessageType.DIGEST,
            SigningAlgorithm = SigningAlgorithmSpec.RSASSA_PKCS1_V1_5_SHA_256,
        }, ct);
        return (input, answer.Signature.ToArray());
    }

    /// <summary>Null for a key that is none of ours, or that has retired.</summary>
    public async Task<RSAParameters?> FindAsync(string kid, CancellationToken ct)
    {
        var keys = await KeysAsync(ct);
        return keys.TryGetValue(kid, out var key) && (await StatesAsync(ct)).Any(state => state.Kid == kid && state.IsTrusted(database.Time.GetUtcNow())) ? key.Parameters : null;
    }

    /// <summary>What others check our tokens with: the current key, those before it whose tokens still live, and those to come.</summary>
    public async Task<JwkSet> PublishedAsync(CancellationToken ct)
    {
        var keys = await KeysAsync(ct);
        var trusted = (await StatesAsync(ct)).Where(state => state.IsTrusted(database.Time.GetUtcNow()) && keys.ContainsKey(state.Kid));
        return new([.. trusted.OrderBy(state => state.PublishedAt).ThenBy(state => state.Name, StringComparer.Ordinal).Select(state => Jwk.Of(keys[state.Kid].Parameters))]);
    }

    /// <summary>Makes the next key current when the current one has signed long enough. The one before is trusted while tokens of it live.</summary>
    /// <returns>The key that became current, or null when none did.</returns>
    public Task<SigningKeyState?> RollAsync(Actor actor, CancellationToken ct) => ChangeAsync(SigningKeyState.Due, SigningKeyState.Retires, actor, ct);

    /// <summary>
    /// For a key that somebody else may be signing with: the next one signs from now on, however young, and nobody trusts a token of the current one any
    /// more. Sessions stay, so whoever is logged in refreshes.
    /// </summary>
    /// <returns>The key that became current, or null when there is no other.</returns>
    public Task<SigningKeyState?> ReplaceAsync(Actor actor, CancellationToken ct) => ChangeAsync((states, _) => SigningKeyState.Next(states), TimeSpan.Zero, actor, ct);

    private async Task<SigningKeyState?> ChangeAsync(Func<IReadOnlyCollection<SigningKeyState>, DateTimeOffset, SigningKeyState?> choose, TimeSpan trusted, Actor actor, CancellationToken ct)
    {
        var keys = await KeysAsync(ct);
        var rolled = await database.TransactAsync<Rolled>(PlatformTenant.Id, async unit =>
        {
            foreach (var (kid, key) in keys) await unit.ExecuteAsync(SigningKeySql.Publish, [kid, unit.Tenant.Value, key.Name, unit.Now], ct);
            var states = (await unit.ListAsync(SigningKeySql.LockAll, [], Read, ct)).Where(state => keys.ContainsKey(state.Kid)).ToList();
            if (choose(states, unit.Now) is not { } next) return new Rolled(null);
            await unit.ExecuteAsync(SigningKeySql.Retire, [unit.Now + trusted], ct);
            await unit.ExecuteAsync(SigningKeySql.MakeCurrent, [next.Kid, unit.Now], ct);
            AuditLog.Record(unit, actor, AuditActions.SigningKeyRolled, next.Kid, new Change("key", SigningKeyState.Current(states)?.Name, next.Name), Change.Set("trustedFor", trusted.ToString()));
            return new Rolled(next);
        }, ct);
        _states = null;
        return rolled.Value.Next;
    }

    private async Task<IReadOnlyList<SigningKeyState>> StatesAsync(CancellationToken ct)
    {
        if (_states is { } remembered && remembered.Until > database.Time.GetUtcNow()) return remembered.States;
        var keys = await KeysAsync(ct);
        var states = await database.ListAsync(PlatformTenant.Id, SigningKeySql.All, [], Read, ct);
        // The first process of a new deployment finds keys the table has not heard of.
        if (SigningKeyState.Current(states.Where(state => keys.ContainsKey(state.Kid))) is null || keys.Keys.Any(kid => states.All(state => state.Kid != kid)))
        {
            await RollAsync(Actor.OfSystem("first-key"), ct);
            states = await database.ListAsync(PlatformTenant.Id, SigningKeySql.All, [], Read, ct);
        }
        // A key that was taken out of the manifest signs nothing, whatever the table says.
        IReadOnlyList<SigningKeyState> known = [.. states.Where(state => keys.ContainsKey(state.Kid))];
        _states = new(known, database.Time.GetUtcNow() + Remembered);
        return known;
    }

    /// <summary>Asked once in the life of a process; two requests that ask at once get the same answer.</summary>
    private async Task<IReadOnlyDictionary<string, PublicKey>> KeysAsync(CancellationToken ct) =>
        _keys ??= (await Task.WhenAll(Manifest.TokenKeys.Select(key => AskAsync(key.Name, ct)))).ToDictionary(key => Jwk.Of(key.Parameters).Kid, StringComparer.Ordinal);

    private async Task<PublicKey> AskAsync(string name, CancellationToken ct)
    {
        var answer = await kms.GetPublicKeyAsync(new GetPublicKeyRequest { KeyId = keyId(name) }, ct);
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(answer.PublicKey.ToArray(), out _);
        return new(name, rsa.ExportParameters(includePrivateParameters: false));
    }

    private static SigningKeyState Read(Npgsql.NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1), row.GetFieldValue<DateTimeOffset>(2), row.Instant(3), row.Instant(4));

    private sealed record PublicKey(string Name, RSAParameters Parameters);

    /// <summary>One object, so that who reads while another replaces it sees the one or the other and never half of each.</summary>
    private sealed record KnownStates(IReadOnlyList<SigningKeyState> States, DateTimeOffset Until);

    private sealed record Rolled(SigningKeyState? Next);
}
