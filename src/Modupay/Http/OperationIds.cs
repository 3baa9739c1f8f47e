namespace Modupay.Http;

/// <summary>
/// What client generators call a function of the API: <c>POST /v1/payouts/{id}/approve</c> is <c>approvePayout</c>. Follows from method and path, so
/// that nobody has to think of it; where the path is no good name, an endpoint has <c>WithName</c>.
/// </summary>
internal static class OperationIds
{
    public static string Of(string method, string path, bool list)
    {
        var parts = path.Trim('/').Split('/').Where(part => part is not ("v1" or "auth" or ".well-known")).ToList();
        // Behind these a resource has a common name: there are accounts elsewhere, too.
        if (parts is ["ledger" or "reconciliation" or "me", _, ..])
        {
            parts[1] = (parts[0] == "me" ? "my" : parts[0]) + "-" + parts[1];
            parts.RemoveAt(0);
        }
        var isOne = parts.RemoveAll(part => part.StartsWith('{')) > 0;
        return (method, parts) switch
        {
            ("GET", [var of]) => isOne ? "get" + One(of) : (list ? "list" : "get") + Many(of),
            ("POST", [var of]) when of.Split(':') is [var many, var action] => Camel(action) + Many(many),
            ("POST", [var of]) => path.StartsWith("v1/auth/", StringComparison.Ordinal) ? Camel(of) : "create" + One(of),
            ("PUT", [var of]) => "set" + (isOne ? One(of) : Many(of)),
            ("PATCH", [var of]) => "update" + One(of),
            ("DELETE", [var of]) => "delete" + One(of),
            ("POST", [var of, var action]) => Camel(action) + (action.Contains('-') && isOne ? "Of" : "") + One(of),
            ("GET", [var of, var part]) => (list ? "list" : "get") + Many(part) + "Of" + One(of),
            ("PUT", [var of, var part]) => "set" + Many(part) + "Of" + One(of),
            ("DELETE", [var of, var part]) => "delete" + One(part) + "Of" + One(of),
            _ => throw new InvalidOperationException($"{method} {path} needs a WithName: no name follows from it."),
        };
    }

    private static string One(string plural)
    {
        var words = Many(plural);
        return words.EndsWith("ies", StringComparison.Ordinal) ? words[..^3] + "y" : words.EndsWith('s') && !words.EndsWith("ss", StringComparison.Ordinal) ? words[..^1] : words;
    }

    private static string Many(string words) => string.Concat(words.Split('-', '.').Where(word => word.Length > 0).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    private static string Camel(string words) => Many(words) is { Length: > 0 } pascal ? char.ToLowerInvariant(pascal[0]) + pascal[1..] : "";
}
