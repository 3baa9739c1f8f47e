namespace Modupay.People;

/// <summary>
/// How long a subject must wait after failures. A subject is an account or an address, known by a keyed hash: an account that does not exist locks
/// exactly as one that does, so the lock tells nobody who has an account.
/// </summary>
/// <param name="Free">Failures that cost nothing.</param>
/// <param name="First">The wait after the first failure that does; each further one doubles it.</param>
internal sealed record LockOut(int Free, TimeSpan First, TimeSpan Longest)
{
    /// <summary>Somebody who mistypes notices nothing; somebody who guesses gets some thirty guesses a day.</summary>
    public static readonly LockOut Account = new(Free: 5, First: TimeSpan.FromSeconds(15), Longest: TimeSpan.FromHours(1));

    /// <summary>An office or a telephone network shares an address, so it may fail more often and is not held as long.</summary>
    public static readonly LockOut Address = new(Free: 30, First: TimeSpan.FromSeconds(5), Longest: TimeSpan.FromMinutes(15));

    /// <summary>Mails to one mailbox that nobody there may have asked for.</summary>
    public static readonly LockOut Mailbox = new(Free: 3, First: TimeSpan.FromMinutes(5), Longest: TimeSpan.FromHours(6));

    /// <summary>A subject that was left alone for so long begins anew.</summary>
    public static readonly TimeSpan Forgotten = TimeSpan.FromHours(24);

    public TimeSpan WaitAfter(int failures)
    {
        if (failures <= Free) return TimeSpan.Zero;
        var doublings = Math.Min(failures - Free - 1, 20); // 2^20 of the shortest wait is far above the longest.
        var wait = First * (1L << doublings);
        return wait < Longest ? wait : Longest;
    }
}
