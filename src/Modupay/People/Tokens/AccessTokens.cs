namespace Modupay.People;

/// <summary>Signs access tokens and reads them back.</summary>
internal sealed class AccessTokens(SigningKeys keys, string issuer, TimeProvider time)
{
    private readonly TokenReader _reader = new(issuer);

    public async Task<string> SignAsync(AccessToken token, CancellationToken ct)
    {
        var (input, signature) = await keys.SignAsync(kid => token.SigningInput(kid, issuer), ct);
        return AccessToken.Join(input, signature);
    }

    /// <summary>A token for somebody who has just proved who he is, or that he is still there.</summary>
    public AccessToken New(UserId user, SessionId session, OrganizationId organization, string role, IReadOnlyList<string> methods)
    {
        var now = time.GetUtcNow();
        return new(user, session, organization, role, methods, Id.Base32(Guid.CreateVersion7(now)), now, now + AccessToken.Lasts);
    }

    public async Task<Result<AccessToken>> ReadAsync(string text, CancellationToken ct)
    {
        var named = TokenReader.KeyIdOf(text);
        if (named.Problem is { } unreadable) return unreadable;
        return await keys.FindAsync(named.Value, ct) is { } key ? _reader.Read(text, key, time.GetUtcNow()) : new Problem(Errors.Unauthenticated, "the key is not ours");
    }
}
