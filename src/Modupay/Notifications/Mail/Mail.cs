using System.Text.Json.Serialization;

namespace Modupay.Notifications.Mail;

/// <summary>A letter to one mailbox, in plain text and as a simple page.</summary>
/// <param name="Kind">What it is for, such as <c>invitation</c>; the only part of it that is kept.</param>
/// <param name="To">Null for a letter to nobody, which goes the same way and is dropped at the end of it: whoever watches cannot tell the two apart.</param>
internal sealed record Mail([property: JsonIgnore] string Kind, string? To, string Subject, string Text, string Html);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(MailContent))]
[JsonSerializable(typeof(MailMessageBody))]
internal sealed partial class MailJson : JsonSerializerContext;

/// <summary>What is sealed of a letter while it waits.</summary>
internal sealed record MailContent(string? To, string Subject, string Text, string Html);

/// <summary>The order to deliver one letter. It names the letter and says nothing of it: queues are read by more people than tables.</summary>
internal sealed record MailMessageBody(string Tenant, string Mail);
