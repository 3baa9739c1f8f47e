namespace Modupay.Local.Simulators.Bank;

/// <summary>What else happens on an account: customers who pay, charges, card settlements, direct debits. The same account always sees the same noise.</summary>
internal sealed class BankNoise(BankBooks books)
{
    // The IBANs are the examples of the ISO 13616 registry and the Bundesbank's test numbers; the names belong to nobody.
    private static readonly Func<Random, string, DateOnly, Booking>[] Kinds =
    [
        (dice, reference, on) => new(dice.Next(5_000, 900_000), on, reference, "166", "GUTSCHRIFT", "NTRF",
            $"RECHNUNG {dice.Next(2026_0001, 2026_9999)} VOM {on:dd.MM.yyyy} KUNDENNR {dice.Next(10_000, 99_999)} VIELEN DANK", $"RE{dice.Next(100_000, 999_999)}",
            CounterpartyName: "MUSTERMANN MASCHINENBAU GMBH UND CO KG", CounterpartyIban: "DE02120300000000202051", CounterpartyBic: "BYLADEM1001"),
        (dice, reference, on) => new(-dice.Next(590, 3_900), on, reference, "808", "ENTGELT", "NCHG", $"KONTOFUEHRUNG UND BUCHUNGSPOSTEN PER {on:dd.MM.yyyy}"),
        (dice, reference, on) => new(dice.Next(20_000, 400_000), on, reference, "166", "KARTENUMSATZ", "NCLR",
            $"KARTENABRECHNUNG TERMINAL {dice.Next(54_000_000, 54_999_999)} BELEGE {dice.Next(3, 90)} BRUTTO ABZGL. DISAGIO VISA/MASTERCARD", $"SETTL{on:yyMMdd}{dice.Next(1000, 9999)}",
            CounterpartyName: "KARTENABRECHNER AG", CounterpartyIban: "DE02500105170137075030", CounterpartyBic: "INGDDEFF"),
        (dice, reference, on) => new(-dice.Next(3_000, 25_000), on, reference, "105", "FOLGELASTSCHRIFT", "NDDT",
            $"ABSCHLAG STROM {on:MM/yyyy} VERTRAGSKONTO {dice.Next(100_000, 999_999)}", $"LS{dice.Next(1_000_000, 9_999_999)}", MandateId: $"M-{dice.Next(10_000, 99_999)}", CreditorId: "DE98ZZZ09999999999",
            CounterpartyName: "STADTWERKE BEISPIELSTADT", CounterpartyIban: "DE02300209000106531065", CounterpartyBic: "CMCIDEDD"),
        (dice, reference, on) => new(dice.Next(1_000, 60_000), on, reference, "153", "GUTSCHRIFT", "NTRF",
            $"Abschlag Café Müller & Söhne, Beleg {dice.Next(100, 999)} – danke!", "NOTPROVIDED",
            CounterpartyName: "Café Müller & Söhne", CounterpartyIban: "AT611904300234573201", CounterpartyBic: "BKAUATWW"),
    ];

    public async Task AddAsync(string iban, int bookings, CancellationToken ct)
    {
        for (var left = bookings; left > 0; left--)
        {
            var account = books.Account(iban);
            var dice = new Random(account.Bookings);
            var kind = Kinds[account.Bookings % Kinds.Length];
            // An account without money is not charged by our noise: the first kind only brings some.
            if (account.BalanceMinor < 50_000) kind = Kinds[0];
            await books.BookAsync(iban, (reference, on) => kind(dice, reference, on), ct);
        }
    }
}
