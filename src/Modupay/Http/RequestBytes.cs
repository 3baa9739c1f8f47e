using Microsoft.AspNetCore.Http;

namespace Modupay.Http;

/// <summary>Reads a body up to a limit, whatever length was promised.</summary>
internal static class RequestBytes
{
    /// <returns>Nothing when there are more bytes than allowed.</returns>
    public static async Task<byte[]?> ReadAsync(HttpRequest request, int maxBytes, CancellationToken ct)
    {
        if (request.ContentLength > maxBytes) return null;
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, ct)) > 0)
        {
            if (buffer.Length + read > maxBytes) return null;
            buffer.Write(chunk, 0, read);
        }
        return buffer.ToArray();
    }
}
