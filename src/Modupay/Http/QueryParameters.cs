using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;

namespace Modupay.Http;

/// <summary>
/// Refuses a query parameter that the endpoint does not have. Left unread, a misspelt filter would answer with everything, and whoever adds up
/// the answer would never know.
/// </summary>
internal static class QueryParameters
{
    private static readonly ConcurrentDictionary<Endpoint, IReadOnlyList<string>> Known = [];

    public static Task UseAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Query.Count == 0 || context.GetEndpoint() is not RouteEndpoint endpoint) return next(context);
        var known = Known.GetOrAdd(endpoint, static (_, route) => Of(route), endpoint);
        var problems = context.Request.Query.Keys.Where(name => !known.Contains(name, StringComparer.OrdinalIgnoreCase)).Select(name => new FieldProblem(Shown(name), "unknown", Told(known)))
            .Concat(context.Request.Query.Where(given => given.Value.Any(value => value!.Contains('\0'))).Select(given => new FieldProblem(Shown(given.Key), "unkeepable", "U+0000 cannot be kept."))).ToList();
        return problems.Count == 0 ? next(context) : Reply.Refused(Problem.Invalid(problems)).ExecuteAsync(context);
    }

    private static List<string> Of(RouteEndpoint endpoint)
    {
        var inPath = endpoint.RoutePattern.Parameters.Select(parameter => parameter.Name);
        var named = endpoint.Metadata.OfType<IParameterBindingMetadata>().Where(IsText).Select(parameter => parameter.Name).Except(inPath, StringComparer.OrdinalIgnoreCase);
        return [.. named, .. OpenApi.IsPaged(endpoint.Metadata) ? ["limit", "cursor"] : Array.Empty<string>()];
    }

    /// <summary>The rest of a handler's parameters are services, the body and the caller, which have no place in a query.</summary>
    private static bool IsText(IParameterBindingMetadata parameter) =>
        parameter.HasTryParse || parameter.ParameterInfo.ParameterType == typeof(string) || parameter.ParameterInfo.ParameterType == typeof(string[]) || parameter.ParameterInfo.ParameterType == typeof(StringValues);

    private static string Told(IReadOnlyList<string> known) => known.Count == 0 ? "This endpoint has no query parameters." : $"This endpoint has {string.Join(", ", known)}.";

    /// <summary>What was sent may be anything, so only a name that could be one of ours is said again.</summary>
    private static string Shown(string name) => name.Length is > 0 and <= 40 && name.All(char.IsAsciiLetterOrDigit) ? name : "query";
}
