using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Modupay.Local.Runtime;

/// <summary>The <c>requestContext</c> of an HTTP API event (payload 2.0), which the Web Adapter hands on as the header <c>x-amzn-request-context</c>.</summary>
internal static class GatewayContext
{
    public static string Describe(HttpContext http, string sourceIp)
    {
        var now = TimeProvider.System.GetUtcNow();
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("accountId", "000000000000");
            json.WriteString("apiId", "local");
            json.WriteString("domainName", http.Request.Host.Host);
            json.WriteString("domainPrefix", "local");
            json.WriteStartObject("http");
            json.WriteString("method", http.Request.Method);
            json.WriteString("path", http.Request.Path.Value);
            json.WriteString("protocol", http.Request.Protocol);
            json.WriteString("sourceIp", sourceIp);
            json.WriteString("userAgent", http.Request.Headers.UserAgent.ToString());
            json.WriteEndObject();
            json.WriteString("requestId", Guid.CreateVersion7(now).ToString());
            json.WriteString("routeKey", "$default");
            json.WriteString("stage", "$default");
            json.WriteString("time", now.ToString("dd/MMM/yyyy:HH:mm:ss +0000"));
            json.WriteNumber("timeEpoch", now.ToUnixTimeMilliseconds());
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
