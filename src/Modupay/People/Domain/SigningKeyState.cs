namespace Modupay.People;

/// <summary>
/// Where a signing key is in its life: published, so that every cache learns of it; current, when it signs; retiring, while tokens it signed still live.
/// </summary>
internal sealed record SigningKeyState(string Kid, string Name, DateTimeOffset PublishedAt, DateTimeOffset? CurrentFrom, DateTimeOffset? RetiresAt)
{
    /// <summary>How long others may remember our key set; a key is current only after everybody has had to read it again.</summary>
    public static readonly TimeSpan Announced = TimeSpan.FromHours(24);

    /// <summary>How long a key signs before the next one does.</summary>
    public static readonly TimeSpan Signs = TimeSpan.FromDays(90);

    /// <summary>The last token lives an hour; the second one is for processes that learn late of the change.</summary>
    public static readonly TimeSpan Retires = 2 * AccessToken.Lasts;

    public bool IsTrusted(DateTimeOffset now) => RetiresAt is null || now < RetiresAt;

    public static SigningKeyState? Current(IEnumerable<SigningKeyState> keys) => keys.Where(key => key.CurrentFrom is not null && key.RetiresAt is null).MaxBy(key => key.CurrentFrom);

    /// <summary>The key that has waited longest to sign.</summary>
    public static SigningKeyState? Next(IEnumerable<SigningKeyState> keys) => keys.Where(key => key.CurrentFrom is null).MinBy(key => (key.PublishedAt, key.Name));

    /// <summary>Which key becomes current now, if one must: the first of all at once, another when the current one has signed long enough.</summary>
    public static SigningKeyState? Due(IReadOnlyCollection<SigningKeyState> keys, DateTimeOffset now)
    {
        if (Next(keys) is not { } next) return null;
        if (Current(keys) is not { } current) return next;
        return now >= current.CurrentFrom + Signs && now >= next.PublishedAt + Announced ? next : null;
    }
}
