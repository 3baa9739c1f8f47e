using System.Security.Cryptography;
using System.Text;
using Amazon.Runtime;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Modupay.Deployment;

namespace Modupay.Http;

/// <summary>
/// Knows whether a request came through CloudFront: only CloudFront can send what is in one of two secrets. Two, so that one is replaced while the
/// other is sent (docs/decisions/0081).
/// </summary>
internal sealed class EdgeProof(IReadOnlyList<string> names, Func<string, CancellationToken, Task<string>> fetch, TimeProvider time, ILogger<EdgeProof> log)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan BetweenFailures = TimeSpan.FromSeconds(30);

    private Known _known = new([], DateTimeOffset.MinValue);

    /// <summary>Set on a request that was proven to have come through CloudFront.</summary>
    internal sealed record Proven;

    public async Task UseAsync(HttpContext context, RequestDelegate next)
    {
        var sent = context.Request.Headers[Manifest.EdgeHeader].ToString();
        if (sent.Length > 0)
        {
            // Nothing behind this needs it, so nothing behind this can give it away.
            context.Request.Headers.Remove(Manifest.EdgeHeader);
            if (await IsOursAsync(sent, context.RequestAborted)) context.Features.Set(new Proven());
        }
        await next(context);
    }

    internal async Task<bool> IsOursAsync(string sent, CancellationToken ct)
    {
        var (given, ours) = (Encoding.UTF8.GetBytes(sent), false);
        foreach (var value in await ValuesAsync(ct)) ours |= CryptographicOperations.FixedTimeEquals(given, value);
        return ours;
    }

    /// <summary>Without an answer, what was known goes on; without that, nobody is believed, and an address is CloudFront's for a while.</summary>
    private async Task<IReadOnlyList<byte[]>> ValuesAsync(CancellationToken ct)
    {
        var known = Volatile.Read(ref _known);
        if (time.GetUtcNow() < known.Until) return known.Values;
        try
        {
            var texts = await Task.WhenAll(names.Select(name => fetch(name, ct)));
            known = new([.. texts.Where(text => text.Length > 0).Select(Encoding.UTF8.GetBytes)], time.GetUtcNow() + Remembered);
        }
        catch (Exception failure) when (failure is AmazonServiceException or AmazonClientException or HttpRequestException || failure is OperationCanceledException && !ct.IsCancellationRequested)
        {
            log.LogError(failure, "The secrets of the edge cannot be read.");
            known = known with { Until = time.GetUtcNow() + BetweenFailures };
        }
        Volatile.Write(ref _known, known);
        return known.Values;
    }

    private sealed record Known(IReadOnlyList<byte[]> Values, DateTimeOffset Until);
}
