using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;

namespace Modupay.Local.Cloud;

/// <summary>The XML of S3's protocol.</summary>
internal static class S3Xml
{
    private static readonly XNamespace Namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

    public static XElement Element(string name, params ReadOnlySpan<object> content) => new(Namespace + name, content.ToArray());

    public static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static async Task WriteAsync(HttpResponse response, XElement root, CancellationToken ct)
    {
        response.ContentType = "application/xml";
        // Written by hand, because a key may hold characters that XML allows only as references, or not at all.
        var settings = new XmlWriterSettings { Async = true, CheckCharacters = false, Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) };
        using var buffer = new MemoryStream();
        await using (var writer = XmlWriter.Create(buffer, settings)) await root.WriteToAsync(writer, ct);
        response.ContentLength = buffer.Length;
        await response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), ct);
    }

    public static async Task<XElement> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        try
        {
            var settings = new XmlReaderSettings { Async = true, DtdProcessing = DtdProcessing.Prohibit, MaxCharactersInDocument = 4 << 20 };
            using var reader = XmlReader.Create(request.Body, settings);
            return await XElement.LoadAsync(reader, LoadOptions.None, ct);
        }
        catch (XmlException)
        {
            throw new AwsException("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");
        }
    }
}
