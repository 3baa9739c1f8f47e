using System.Text.Json.Serialization;

namespace Modupay.Aws;

/// <summary>Amazon SES, version 2 of its API: one letter to one mailbox.</summary>
internal sealed class SesClient(AwsJsonClient client)
{
    /// <returns>The id SES gave the letter.</returns>
    public async Task<string> SendEmailAsync(string from, string to, string subject, string text, string html, CancellationToken ct)
    {
        var request = new SendEmailRequest(from, new([to]), new(new(new(subject), new(new(text), new(html)))));
        return (await client.PostAsync("/v2/email/outbound-emails", request, SesJson.Default.SendEmailRequest, SesJson.Default.SendEmailResponse, ct)).MessageId;
    }
}

internal sealed record SendEmailRequest(string FromEmailAddress, SesDestination Destination, SesContent Content);
internal sealed record SesDestination(IReadOnlyList<string> ToAddresses);
internal sealed record SesContent(SesSimple Simple);
internal sealed record SesSimple(SesText Subject, SesBody Body);
internal sealed record SesBody(SesText Text, SesText Html);
internal sealed record SesText(string Data, string Charset = "UTF-8");
internal sealed record SendEmailResponse(string MessageId);

[JsonSerializable(typeof(SendEmailRequest))]
[JsonSerializable(typeof(SendEmailResponse))]
internal sealed partial class SesJson : JsonSerializerContext;
