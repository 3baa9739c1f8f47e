using Modupay.Tenancy;

namespace Modupay.People;

/// <summary>What others may ask of this module without a request.</summary>
internal static class PeopleDoor
{
    /// <summary>
    /// Invites an operator of the platform. The first one is invited by whoever holds the credentials of the deployment, because there is nobody else yet.
    /// </summary>
    public static async Task<Result<Invitation>> InviteOperatorAsync(Services services, string email, CancellationToken ct)
    {
        var address = EmailAddress.Parse(email);
        if (address.Problem is { } refused) return refused;
        var draft = await services.People.Invitations.DraftAsync(PlatformOrganization.Id, address.Value, Role.Operator, ct);
        return await services.Database.TransactAsync(PlatformOrganization.Live,
            unit => Invitations.InsertAsync(unit, PlatformOrganization.Id, draft, Role.Operator, [], Actor.OfSystem("operator-invite"), ct), ct);
    }

    /// <summary>Ends the trust in the key that signs access tokens, for whoever holds the credentials of the deployment: a token that calls itself an operator's may be forged.</summary>
    public static Task<SigningKeyState?> ReplaceSigningKeyAsync(Services services, CancellationToken ct) => services.People.Keys.ReplaceAsync(Actor.OfSystem("tokens-replace-key"), ct);
}
