using System.Text.Json;
using Modupay.Tenancy;

namespace Modupay.Notifications.Mail;

internal static class MailSql
{
    internal const string Insert = "insert into notify.mails (mail_id, tenant_id, kind, content_sealed, created_at) values ($1, $2, $3, $4, $5)";

    internal const string Waiting = "select content_sealed from notify.mails where mail_id = $1 and sent_at is null";

    internal const string SealedContents = """
        select mail_id, content_sealed from notify.mails
        where mail_id > $1 and get_byte(content_sealed, 0) = 1 and substr(content_sealed, 1, 5) <> $2 order by mail_id limit $3
        """;

    internal const string SwapContents = """
        update notify.mails as held set content_sealed = swap.after from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as swap (id, before, after)
        where held.mail_id = swap.id and held.content_sealed = swap.before
        """;

    /// <summary>What was said is forgotten: a link that opens an account must not lie about for longer than it is needed.</summary>
    internal const string Sent = "update notify.mails set sent_at = $2, provider_id = $3, content_sealed = null where mail_id = $1 and sent_at is null";
}

/// <summary>
/// The door for letters. One is sealed before the transaction that causes it, posted in that transaction, and delivered after the commit by the
/// function <c>email-delivery</c>.
/// </summary>
internal sealed class Mails(FieldCipher cipher)
{
    internal const string Field = "mail";

    public async Task<SealedMail> SealAsync(TenantId tenant, Mail mail, CancellationToken ct)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(new MailContent(mail.To, mail.Subject, mail.Text, mail.Html), MailJson.Default.MailContent);
        return new(tenant, mail.Kind, await cipher.SealAsync(tenant, Field, content, ct));
    }
}

/// <summary>A letter that is ready to be posted.</summary>
internal sealed record SealedMail(TenantId Tenant, string Kind, byte[] Content)
{
    public const string Queue = "email";

    public async Task PostAsync(UnitOfWork unit, CancellationToken ct)
    {
        if (unit.Tenant != Tenant) throw new InvalidOperationException($"A letter of {Tenant} cannot be posted by {unit.Tenant}.");
        var id = Id.New<MailId>(unit.Time);
        await unit.ExecuteAsync(MailSql.Insert, [id.Value, unit.Tenant.Value, Kind, Content, unit.Now], ct);
        unit.Send(OutboxMessage.Now(unit.Time, Queue, JsonSerializer.Serialize(new MailMessageBody(unit.Tenant.ToString(), id.ToString()), MailJson.Default.MailMessageBody)));
    }
}
