using System.Text.RegularExpressions;
using Modupay.Kernel;

namespace Modupay.JourneyTests.Security;

/// <summary>What every answer owes whoever asked, however badly: the envelope, a code from the table, the security headers, and nothing of our insides.</summary>
internal static partial class Civility
{
    private static readonly (string Name, string Value)[] Security =
    [
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),
    ];

    /// <returns>What is wrong with the answer to a request that must be refused.</returns>
    public static string? Refusal(Answer answer) => answer.Status is < 400 or >= 500 ? $"not refused: {answer}" : Manners(answer);

    /// <returns>What is wrong with any answer.</returns>
    public static string? Manners(Answer answer)
    {
        if (answer.Status >= 500) return $"failed: {answer}";
        // What cannot be read as HTTP is refused, without a word, before anything of ours runs.
        if (answer is { Status: 400 or 413 or 414 or 431, Text: "", MediaType: null } && !answer.Headers.Contains("X-Request-Id")) return null;
        foreach (var (name, value) in Security)
            if ((!answer.Headers.TryGetValues(name, out var sent) || string.Join(',', sent) != value) && !(name == "Cache-Control" && IsForEverybody(answer))) return $"without {name}: {answer}";
        if (answer.Headers.Any(header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase) || header.Key is "Set-Cookie" or "Server" or "X-Powered-By" or "X-Injected"))
            return $"with a header it should not have: {string.Join(", ", answer.Headers.Select(header => header.Key))}: {answer}";
        if (!answer.Headers.TryGetValues("X-Request-Id", out var ids) || !ids.All(id => HarmlessId().IsMatch(id))) return $"without a request id: {answer}";
        if (Insides().IsMatch(answer.Text)) return $"tells of our insides: {answer}";
        if (answer.Status < 400 || answer.Attempt.Method == "HEAD") return null;

        if (answer.MediaType != "application/problem+json" || answer.Parsed is not { } body) return $"no envelope: {answer}";
        if ((bool?)body["success"] is not false || answer.Code is not { } code || !Errors.All.TryGetValue(code, out var known)) return $"no code of the table: {answer}";
        return known.Status == answer.Status && (int?)body["error"]!["status"] == answer.Status && (string?)body["meta"]?["requestId"] is { Length: > 0 } ? null : $"not what its code says: {answer}";
    }

    /// <summary>The keys that tokens are checked with are the same for all, and are meant to be kept for a while.</summary>
    private static bool IsForEverybody(Answer answer) => answer.Attempt.Address.StartsWith("/.well-known/", StringComparison.Ordinal) && answer.Status == 200;

    [GeneratedRegex("""Npgsql|Postgres|SqlState|Exception|StackTrace| at Modupay\.|System\.Text|\.cs:line|modupay_app""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Insides();

    [GeneratedRegex("^[A-Za-z0-9_.:-]{1,100}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HarmlessId();
}
