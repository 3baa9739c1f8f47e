using Modupay.Notifications;

namespace Modupay.Banking.Statements;

internal static class StatementEvents
{
    public static Task PublishAsync(UnitOfWork unit, string type, StatementFile file, CancellationToken ct) =>
        NotificationsDoor.PublishAsync(unit, type, file.Id.ToString(), new StatementEvent(
            file.Id.ToString(), file.BankProfile.ToString(), file.FileName, Convert.ToHexStringLower(file.Sha256), file.Format, file.Statements, file.Lines,
            file.FailureCode is { } code ? new EventFailure(code, file.FailureDetail ?? "") : null), BankingEventsJson.Default.StatementEvent, ct);
}
