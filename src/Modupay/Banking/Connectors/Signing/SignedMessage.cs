namespace Modupay.Banking.Connectors.Signing;

/// <summary>A request as RFC 9421 sees it, whichever library carries it.</summary>
/// <param name="Authority">Lower case, without a default port.</param>
/// <param name="Query">With its question mark; a lone one when there is no query (RFC 9421 §2.2.7).</param>
/// <param name="Header">By lower-case name; several values joined by a comma and a blank; null when absent.</param>
internal sealed record SignedMessage(string Method, string Authority, string Path, string Query, Func<string, string?> Header)
{
    public static SignedMessage Of(HttpRequestMessage request)
    {
        var uri = request.RequestUri!;
        return new SignedMessage(request.Method.Method, uri.Authority.ToLowerInvariant(), uri.AbsolutePath, uri.Query.Length == 0 ? "?" : uri.Query, name =>
            request.Headers.TryGetValues(name, out var values) || (request.Content?.Headers.TryGetValues(name, out values) ?? false)
                ? string.Join(", ", values.Select(value => value.Trim()))
                : null);
    }

    /// <summary>The value of a component, or null when the message does not have it.</summary>
    public string? Value(string component) => component switch
    {
        "@method" => Method,
        "@authority" => Authority,
        "@path" => Path,
        "@query" => Query,
        "@request-target" => Query == "?" ? Path : Path + Query,
        ['@', ..] => null,
        _ => Header(component),
    };
}
