using Modupay.Formats;

namespace Modupay.Local.Simulators.Bank;

/// <summary>The bank's day as an MT940 file in the German dialect.</summary>
internal static class BankStatements
{
    public static async Task<byte[]> CloseAsync(BankBooks books, string iban, CancellationToken ct)
    {
        var day = await books.CloseDayAsync(iban, ct);
        return Mt940Writer.Write([new Mt940Statement
        {
            Reference = $"STA{day.ClosesOn:yyMMdd}{day.Sequence:00000}",
            Account = day.Iban,
            Sequence = day.Sequence,
            Currency = day.Currency,
            OpeningMinor = day.OpeningMinor,
            OpeningDate = day.OpenedOn,
            ClosingDate = day.ClosesOn,
            Entries = [.. day.Bookings.Select(Line)],
        }]);
    }

    private static Mt940Entry Line(Booking booking) => new()
    {
        AmountMinor = booking.AmountMinor,
        ValueDate = booking.On,
        BookingDate = booking.On,
        TransactionType = booking.TransactionType,
        BusinessCode = booking.BusinessCode,
        BookingText = booking.Text,
        ClientReference = booking.ClientReference,
        BankReference = booking.BankReference,
        EndToEndId = booking.EndToEndId,
        MandateId = booking.MandateId,
        CreditorId = booking.CreditorId,
        Remittance = booking.Remittance,
        CounterpartyName = booking.CounterpartyName,
        CounterpartyAccount = booking.CounterpartyIban,
        CounterpartyBic = booking.CounterpartyBic,
    };
}
