using Modupay.Local.Cloud;

namespace Modupay.Local.Simulators.Bank;

/// <summary>What the bank knows of an order, for tests and people.</summary>
/// <param name="Status">ACSC when executed, RJCT when rejected.</param>
internal sealed record OrderView(string EndToEndId, string PaymentId, string Status, string? Code, string? Text, int TimesReceived, int TimesExecuted, long AmountMinor, string Currency)
{
    public bool Executed => TimesExecuted > 0;
}

internal sealed record AccountView(string Iban, string Currency, long BalanceMinor, int Bookings);

/// <summary>What an account's next statement has to say.</summary>
internal sealed record OpenDay(string Iban, string Currency, int Sequence, long OpeningMinor, DateOnly OpenedOn, DateOnly ClosesOn, IReadOnlyList<Booking> Bookings);

/// <summary>What the books made of an order.</summary>
/// <param name="Kind">New, Repeated (the same order again: the first answer stands) or Conflicting (another order under a known id: nothing happened).</param>
internal sealed record Taken(TakenKind Kind, OrderView Order);

internal enum TakenKind { New, Repeated, Conflicting }

/// <summary>The bank's accounts and orders: a projection of its journal. Every change is on the disk before anybody hears of it.</summary>
internal sealed class BankBooks : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly BookJournal _journal;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, KeptAccount> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KeptOrder> _orders = new(StringComparer.Ordinal);
    private int _payments;
    private int _references;

    private BankBooks(BookJournal journal, TimeProvider time) => (_journal, _time) = (journal, time);

    public static BankBooks Open(string path, Durability durability, TimeProvider time)
    {
        BookJournal.CutTornLine(path);
        var entries = BookJournal.Read(path).ToList();
        var books = new BankBooks(new BookJournal(path, durability), time);
        entries.ForEach(books.Apply);
        return books;
    }

    public AccountView Account(string iban)
    {
        lock (_lock) return _accounts.TryGetValue(iban, out var account) ? account.View() : throw new InvalidOperationException($"The simulated bank has no account {iban}.");
    }

    public OrderView? Order(string endToEndId)
    {
        lock (_lock) return _orders.TryGetValue(endToEndId, out var order) ? order.View() : null;
    }

    public OrderView? ByPaymentId(string paymentId)
    {
        lock (_lock) return _orders.Values.FirstOrDefault(order => order.PaymentId == paymentId)?.View();
    }

    /// <summary>Opening an account that is open already changes nothing.</summary>
    public Task OpenAccountAsync(string iban, string currency, long balanceMinor, CancellationToken ct) => ChangeAsync(() =>
        _accounts.ContainsKey(iban) ? [] : [new BookEntry.AccountOpened(iban, currency, balanceMinor, Today)], ct);

    /// <param name="rejection">The reason why this order is to be rejected whatever the books say.</param>
    public async Task<Taken> TakeAsync(PaymentOrder order, string requestId, (string Code, string Text)? rejection, CancellationToken ct)
    {
        var kind = TakenKind.New;
        await ChangeAsync(() =>
        {
            var received = new BookEntry.OrderReceived(order.EndToEndId);
            if (_orders.TryGetValue(order.EndToEndId, out var known))
            {
                kind = known.Content == order ? TakenKind.Repeated : TakenKind.Conflicting;
                return [received];
            }

            var paymentId = $"SB{Today:yyMMdd}{_payments + 1:00000000}"; // 16 characters: what :61: has room for.
            return (rejection ?? Reject(order)) is var (code, text)
                ? [received, new BookEntry.OrderRejected(paymentId, order, code, text)]
                : [received, new BookEntry.OrderExecuted(paymentId, requestId, order, Today)];
        }, ct);
        return new Taken(kind, Order(order.EndToEndId)!);
    }

    public Task BookAsync(string iban, Func<string, DateOnly, Booking> booking, CancellationToken ct) => ChangeAsync(() =>
        [new BookEntry.Booked(iban, booking($"SBN{Today:yyMMdd}{_references + 1:0000000}", Today))], ct);

    public async Task<OpenDay> CloseDayAsync(string iban, CancellationToken ct)
    {
        OpenDay? day = null;
        await ChangeAsync(() =>
        {
            var account = _accounts[iban];
            day = new(iban, account.Currency, account.Statements + 1, account.ClosingMinor, account.ClosedOn, Today, [.. account.Bookings.Skip(account.Stated)]);
            return [new BookEntry.DayClosed(iban, day.Sequence, account.BalanceMinor, Today)];
        }, ct);
        return day!;
    }

    public async Task ResetAsync(CancellationToken ct)
    {
        lock (_lock)
        {
            _accounts.Clear();
            _orders.Clear();
            (_payments, _references) = (0, 0);
        }

        await _journal.ClearAsync().WaitAsync(ct);
    }

    public ValueTask DisposeAsync() => _journal.DisposeAsync();

    private DateOnly Today => DateOnly.FromDateTime(_time.GetUtcNow().UtcDateTime);

    // ISO 20022 external status reason codes.
    private (string Code, string Text)? Reject(PaymentOrder order)
    {
        if (!_accounts.TryGetValue(order.DebtorIban, out var debtor)) return ("AC02", "The debtor account is not held here.");
        if (!Formats.Iban.IsValid(order.CreditorIban)) return ("AC03", "The creditor account number is invalid.");
        if (order.Currency != debtor.Currency) return ("AM03", "The account is not kept in that currency.");
        return order.AmountMinor > debtor.BalanceMinor ? ("AM04", "The funds are insufficient.") : null;
    }

    /// <summary>Decides and applies under one lock, then waits for the disk outside of it.</summary>
    private Task ChangeAsync(Func<BookEntry[]> decide, CancellationToken ct)
    {
        lock (_lock)
        {
            var entries = decide();
            foreach (var entry in entries) Apply(entry);
            return entries.Length == 0 ? Task.CompletedTask : _journal.AppendAsync(entries).WaitAsync(ct);
        }
    }

    private void Apply(BookEntry entry)
    {
        switch (entry)
        {
            case BookEntry.AccountOpened opened:
                _accounts[opened.Iban] = new KeptAccount(opened.Iban, opened.Currency, opened.BalanceMinor, opened.On);
                break;
            case BookEntry.OrderReceived received:
                if (_orders.TryGetValue(received.EndToEndId, out var known)) known.TimesReceived++;
                break;
            case BookEntry.OrderExecuted { Order: var order } executed:
                _payments++;
                _orders[order.EndToEndId] = new KeptOrder(order, executed.PaymentId) { TimesReceived = 1, TimesExecuted = 1 };
                _accounts[order.DebtorIban].Book(new Booking(-order.AmountMinor, executed.On, executed.PaymentId, "116", "SEPA-UEBERWEISUNG", "NTRF", order.Remittance,
                    order.EndToEndId, executed.RequestId, CounterpartyName: order.CreditorName, CounterpartyIban: order.CreditorIban, CounterpartyBic: order.CreditorBic));
                break;
            case BookEntry.OrderRejected rejected:
                _payments++;
                _orders[rejected.Order.EndToEndId] = new KeptOrder(rejected.Order, rejected.PaymentId) { TimesReceived = 1, Code = rejected.Code, Text = rejected.Text };
                break;
            case BookEntry.Booked booked:
                _references++;
                _accounts[booked.Iban].Book(booked.Booking);
                break;
            case BookEntry.DayClosed closed:
                _accounts[closed.Iban].Close(closed);
                break;
        }
    }

    private sealed class KeptOrder(PaymentOrder content, string paymentId)
    {
        public PaymentOrder Content => content;
        public string PaymentId => paymentId;
        public int TimesReceived { get; set; }
        public int TimesExecuted { get; init; }
        public string? Code { get; init; }
        public string? Text { get; init; }

        public OrderView View() => new(content.EndToEndId, paymentId, Code is null ? "ACSC" : "RJCT", Code, Text, TimesReceived, TimesExecuted, content.AmountMinor, content.Currency);
    }

    private sealed class KeptAccount(string iban, string currency, long balanceMinor, DateOnly openedOn)
    {
        public string Currency => currency;
        public long BalanceMinor { get; private set; } = balanceMinor;
        public List<Booking> Bookings { get; } = [];
        public int Statements { get; private set; }
        public int Stated { get; private set; }
        public long ClosingMinor { get; private set; } = balanceMinor;
        public DateOnly ClosedOn { get; private set; } = openedOn;

        public void Book(Booking booking)
        {
            Bookings.Add(booking);
            BalanceMinor += booking.AmountMinor;
        }

        public void Close(BookEntry.DayClosed closed) => (Statements, Stated, ClosingMinor, ClosedOn) = (closed.Sequence, Bookings.Count, closed.ClosingMinor, closed.On);

        public AccountView View() => new(iban, currency, BalanceMinor, Bookings.Count);
    }
}
