using System.Text;
using Microsoft.AspNetCore.Http;
using Modupay.Local.Cloud;

namespace Modupay.Local;

/// <summary>The API's document as a page, with Swagger UI from its npm package: nothing is loaded from elsewhere.</summary>
internal sealed class DocsPage : IAsyncDisposable
{
    private static readonly Dictionary<string, string> Assets = new(StringComparer.Ordinal)
    {
        ["/swagger-ui.css"] = "text/css",
        ["/swagger-ui-bundle.js"] = "text/javascript",
    };

    private readonly HttpClient _api;
    private LoopbackServer _server = null!;

    private DocsPage(string apiUrl) => _api = new HttpClient { BaseAddress = new Uri(apiUrl) };

    public string Url => _server.Url;

    public static async Task<DocsPage> StartAsync(string apiUrl, int port, CancellationToken ct)
    {
        var page = new DocsPage(apiUrl);
        page._server = await LoopbackServer.StartAsync(port, "the documentation page", page.AnswerAsync, ct);
        return page;
    }

    private async Task AnswerAsync(HttpContext context, CancellationToken ct)
    {
        var path = context.Request.Path.Value ?? "/";
        if (path == "/") await WriteAsync(context, "text/html", Encoding.UTF8.GetBytes(Html), ct);
        else if (path == "/openapi.json") await WriteAsync(context, "application/json", await _api.GetByteArrayAsync("/openapi/v1.json", ct), ct);
        else if (Assets.TryGetValue(path, out var type)) await WriteAsync(context, type, await File.ReadAllBytesAsync(Path.Combine(NodePackages.Folder, "swagger-ui-dist", path[1..]), ct), ct);
        else context.Response.StatusCode = 404;
    }

    private static async Task WriteAsync(HttpContext context, string type, byte[] content, CancellationToken ct)
    {
        context.Response.ContentType = type + "; charset=utf-8";
        await context.Response.Body.WriteAsync(content, ct);
    }

    // Requests cannot be tried out from here: the page is another origin than the API, and the API allows none.
    private const string Html = """
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><title>Modupay API</title><link rel="stylesheet" href="/swagger-ui.css"><style>.scheme-container, .authorization__btn { display: none }</style></head>
        <body>
        <div id="page"></div>
        <script src="/swagger-ui-bundle.js"></script>
        <script>SwaggerUIBundle({ url: '/openapi.json', dom_id: '#page', supportedSubmitMethods: [], defaultModelsExpandDepth: 0, defaultModelRendering: 'model', defaultModelExpandDepth: 3, docExpansion: 'list' });</script>
        </body>
        </html>
        """;

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _api.Dispose();
    }
}
