namespace Modupay.People;

/// <summary>
/// The job <c>people-upkeep</c>, every hour: forgets what no longer matters, and lets the next signing key sign when its time has come. It concerns
/// the one tenant that people belong to.
/// </summary>
internal static class PeopleUpkeep
{
    /// <summary>For as long as somebody might want to know that a token was used twice.</summary>
    private static readonly TimeSpan SpentTokensKept = TimeSpan.FromDays(30);

    public static IAsyncEnumerable<TenantId> TenantsWithWorkAsync(Database relay, CancellationToken ct) => new[] { PlatformTenant.Id }.ToAsyncEnumerable();

    public static async Task RunAsync(Database database, SigningKeys keys, CancellationToken ct)
    {
        var now = database.Time.GetUtcNow();
        await database.ExecuteAsync(PlatformTenant.Id, LockOutSql.Purge, [now - LockOut.Forgotten], ct);
        await database.ExecuteAsync(PlatformTenant.Id, PasswordResetSql.Purge, [now - SpentTokensKept], ct);
        await database.ExecuteAsync(PlatformTenant.Id, SessionSql.PurgeTokens, [now - SpentTokensKept], ct);
        await keys.RollAsync(Actor.OfSystem("people-upkeep"), ct);
    }
}
