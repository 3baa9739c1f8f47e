using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Modupay.Http;

/// <summary>What a request asked for, as 32 bytes: method, path and body. The same key may not be used to do the same thing somewhere else.</summary>
internal static class Fingerprint
{
    public static byte[] Of(HttpRequest request, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path.Value}\n"));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }
}
