using System.Buffers.Binary;
using System.Net;

namespace Modupay.Notifications.Delivery;

/// <summary>When a delivery is tried again: eight attempts over a good day, each a little off the mark so that endpoints that fail together do not return together.</summary>
internal static class RetrySchedule
{
    private const double Jitter = 0.1;

    /// <summary>A receiver may ask for patience, but not for silence.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(24);

    /// <summary>The wait before each attempt.</summary>
    public static readonly IReadOnlyList<TimeSpan> Waits =
    [
        TimeSpan.Zero, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(2), TimeSpan.FromHours(5), TimeSpan.FromHours(10), TimeSpan.FromHours(10),
    ];

    /// <summary>How long to wait after failed attempts, or null when there have been enough of them.</summary>
    /// <param name="failures">Of this round of the schedule; sending again begins a new one.</param>
    public static TimeSpan? Next(DeliveryId delivery, int failures, WebhookAnswer answer)
    {
        if (failures >= Waits.Count) return null;
        var wait = Waits[failures] * (1 + Jitter * Spread(delivery, failures));
        return answer.Status is (int)HttpStatusCode.TooManyRequests or (int)HttpStatusCode.ServiceUnavailable && answer.RetryAfter is { } asked
            ? Longer(wait, asked < LongestRetryAfter ? asked : LongestRetryAfter)
            : wait;
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    /// <summary>Between -1 and 1, taken from the random bits of the id: the same attempt always has the same jitter, so it can be worked out again.</summary>
    private static double Spread(DeliveryId delivery, int failures)
    {
        Span<byte> bytes = stackalloc byte[16];
        delivery.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        // Knuth's multiplier turns neighbouring numbers into distant ones.
        var mixed = unchecked((BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]) + (uint)failures) * 2654435761u);
        return mixed / (double)uint.MaxValue * 2 - 1;
    }
}
