using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.Tenancy;

/// <summary>The tenancy endpoints over one database, and somebody of each kind to call them.</summary>
internal sealed class TenancyScene(FreshDatabase fresh, TestApi api) : IAsyncDisposable
{
    public FreshDatabase Fresh => fresh;
    public HttpClient Operator { get; private set; } = null!;

    public static async Task<TenancyScene> StartAsync()
    {
        var fresh = await FreshDatabase.CreateAsync();
        var scene = new TenancyScene(fresh, await TestApi.StartAsync(fresh.App, TimeProvider.System, TenancyModule.MapRoutes));
        scene.Operator = scene.Client(await TestKeys.InsertAsync(fresh.App, PlatformOrganization.Live, live: true, Roles.Of(Role.Operator, live: true) | Permissions.Of(Permission.PartnersWrite)));
        return scene;
    }

    public HttpClient Client(string credential) => api.Client(credential);

    public static async Task<(int Status, JsonNode Body)> SendAsync(HttpClient client, string method, string path, object? body = null, string? organization = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), path);
        if (body is string json) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        else if (body is byte[] bytes) request.Content = new ByteArrayContent(bytes);
        if (organization is not null) request.Headers.Add(Partnership.Header, organization);
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonNode>())!);
    }

    public async ValueTask DisposeAsync()
    {
        Operator.Dispose();
        await api.DisposeAsync();
        await fresh.DisposeAsync();
    }
}
