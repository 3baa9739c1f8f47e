using System.Text.Json;
using Amazon.Runtime;
using Microsoft.Extensions.Logging;
using Modupay.Aws;
using Modupay.Tenancy;
using Modupay.Triggers;

namespace Modupay.Notifications.Mail;

/// <summary>
/// Hands letters to Amazon SES: the consumer of queue <c>email</c>. SES takes no idempotency key, so a letter goes out twice if we die between its
/// answer and the record of it; a second copy of an invitation does no harm.
/// </summary>
internal sealed class DeliverMail(Database database, FieldCipher cipher, SesClient ses, string from, ILogger<DeliverMail> log)
{
    /// <summary>The function <c>email-delivery</c>.</summary>
    public Task<SqsBatchAnswer> HandleAsync(SqsBatch batch, CancellationToken ct) => batch.FinishInTurnAsync("deliver mail", (message, ct) => DeliverAsync(message.Body, ct), log, ct);

    private async Task DeliverAsync(string body, CancellationToken ct)
    {
        var message = JsonSerializer.Deserialize(body, MailJson.Default.MailMessageBody);
        if (!Id.TryParse<TenantId>(message?.Tenant, out var tenant) || !Id.TryParse<MailId>(message?.Mail, out var mail)) throw new JsonException("The mail message names no mail.");

        // A message that is heard again finds nothing that waits.
        if (await database.FirstAsync(tenant, MailSql.Waiting, [mail.Value], row => row.GetFieldValue<byte[]>(0), ct) is not { } content) return;
        var letter = JsonSerializer.Deserialize(await cipher.OpenAsync(tenant, Mails.Field, content, ct), MailJson.Default.MailContent)!;
        var id = letter.To is { } to ? await SendAsync(letter, to, ct) : null;
        // It is on its way, so writing it down is no longer optional.
        await database.ExecuteAsync(tenant, MailSql.Sent, [mail.Value, database.Time.GetUtcNow(), id], CancellationToken.None);
        log.LogInformation("{Mail} is finished.", mail);
    }

    private async Task<string> SendAsync(MailContent letter, string to, CancellationToken ct)
    {
        string code;
        try
        {
            return await ses.SendEmailAsync(from, to, letter.Subject, letter.Text, letter.Html, ct);
        }
        catch (AmazonServiceException refused)
        {
            code = refused.ErrorCode;
        }
        // Its own words may quote the address and would stand in the log, so only the code is told, and the refusal is no cause of this exception.
        throw new InvalidOperationException($"SES refused the letter: {code}.");
    }
}
