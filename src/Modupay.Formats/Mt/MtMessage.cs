using Modupay.Formats.Mt.Information;

namespace Modupay.Formats.Mt;

/// <summary>What one message has said so far.</summary>
internal sealed class MtMessage
{
    private readonly HashSet<string> said = new(StringComparer.Ordinal);
    private AccountField account;
    private string? floorCurrency;
    private Int128 credits;
    private Int128 debits;
    private int lines;
    private bool isInterim;

    public bool Open { get; private set; }
    public bool Begun { get; set; }
    public int Index { get; private set; }
    public FilePosition Position { get; private set; }
    public string? Reference { get; set; }
    public string? Related { get; set; }
    public NumberField Number { get; set; }
    public Balance? Opening { get; set; }
    public bool OpeningUnreadable { get; set; }
    public bool OpeningRepeated { get; set; }
    public Balance? Closing { get; set; }
    public List<Balance> Others { get; private set; } = [];
    public string? Information { get; set; }
    public byte[]? EarlyInformation { get; set; }
    public bool SkipInformation { get; set; }
    public string? PeekedCurrency { get; set; }
    public int Entries { get; set; }
    public bool HasMovement { get; set; }
    public bool Refused { get; set; }
    public EntryOddity Reported { get; set; }
    public DateTimeOffset? CreatedAt { get; private set; }
    public MtCount? DebitCount { get; private set; }
    public MtCount? CreditCount { get; private set; }

    public string? Account => account.Account;
    public string? Currency => Named(Opening) ?? account.Currency ?? floorCurrency ?? Named(Closing);
    public Int128 Credits => credits;
    public Int128 Debits => debits;

    /// <summary>A million amounts of eighteen digits add up to more than a 64-bit integer holds, and no bank has that much.</summary>
    public bool SumsTooLarge => credits > long.MaxValue || debits > long.MaxValue;
    public int CreditEntries { get; private set; }
    public int DebitEntries { get; private set; }

    /// <summary>It began as a whole statement, so an end in the middle of a line is a loss; a lone field without a line end is a fragment.</summary>
    public bool Truncatable => OpeningUnreadable || (Opening is not null && HasMovement);

    public bool SaysNothing => Account is null && Opening is null && !OpeningUnreadable && Closing is null && !HasMovement && !isInterim && Others.Count == 0
        && Information is null && EarlyInformation is null && Number.Text is null;

    public bool IsInterim(bool envelopeIs942) => Opening is null && Closing is null && (envelopeIs942 || isInterim);

    public void Start(int index, FilePosition position)
    {
        (Open, Begun, Index, Position) = (true, false, index, position);
        (Reference, Related, Number, account, floorCurrency) = (null, null, default, default, null);
        (Opening, OpeningUnreadable, OpeningRepeated, Closing, Information, EarlyInformation) = (null, false, false, null, null, null);
        (SkipInformation, PeekedCurrency, Entries, HasMovement, Refused, Reported) = (false, null, 0, false, false, EntryOddity.None);
        (CreatedAt, DebitCount, CreditCount, credits, debits, lines, isInterim) = (null, null, null, 0, 0, 0, false);
        (CreditEntries, DebitEntries) = (0, 0);
        if (Others.Count > 0) Others = [];
        said.Clear();
    }

    public void Close() => Open = false;

    /// <summary>True the first time something is said about this message.</summary>
    public bool Once(string code) => said.Add(code);

    public void TakeAccount(string text, string secondLine) => account = AccountField.Parse(text, secondLine);

    public void TakeFloor(ReadOnlySpan<byte> value)
    {
        isInterim = true;
        if (value.Length >= 3) floorCurrency ??= CurrencyCodes.Find(value[..3]);
    }

    /// <summary><c>YYMMDDHHMM[±hhmm]</c>.</summary>
    public void TakeCreated(ReadOnlySpan<byte> value)
    {
        isInterim = true;
        if (!MtDate.TryParse(value, out var date, out _) || value.Length < 10 || !MtDate.TryDigits(value[6..], 4, out var time)) return;
        var (hour, minute) = (time / 100, time % 100);
        if (hour > 23 || minute > 59) return;
        var zone = TimeSpan.Zero;
        if (value.Length >= 15 && value[10] is (byte)'+' or (byte)'-' && MtDate.TryDigits(value[11..], 4, out var shift) && shift / 100 <= 13 && shift % 100 <= 59)
            zone = new TimeSpan(shift / 100, shift % 100, 0) * (value[10] == '-' ? -1 : 1);
        CreatedAt = new DateTimeOffset(date.ToDateTime(new TimeOnly(hour, minute)), zone);
    }

    public void TakeCount(int tag, ReadOnlySpan<byte> value)
    {
        if (Opening is null) isInterim = true;
        var count = MtCount.Parse(FirstLine(value));
        if (tag == MtTag.DebitCount) DebitCount = count;
        else CreditCount = count;
    }

    public void Add(long amount, EntryStatus status)
    {
        lines++;
        if (status is not EntryStatus.Booked) return;
        if (amount >= 0)
        {
            credits += amount;
            CreditEntries++;
        }
        else
        {
            debits -= amount;
            DebitEntries++;
        }
    }

    public void AdoptEarlyInformation(InformationReader reader)
    {
        if (EarlyInformation is not { } early) return;
        Information = InformationReader.Append(Information, reader.Plain(early.AsSpan(4)));
        EarlyInformation = null;
    }

    public StatementHeader Header(bool envelopeIs942) => new()
    {
        Format = IsInterim(envelopeIs942) ? "mt942" : "mt940",
        Index = Index,
        Account = Account,
        Iban = account.Iban,
        DerivedIban = account.DerivedIban,
        ServicerBic = account.Bic,
        Currency = Currency ?? (PeekedCurrency is { Length: > 0 } peeked ? peeked : null),
        Reference = Reference,
        RelatedReference = Related,
        Number = Number.Text,
        Sequence = Number.Sequence,
        Page = Number.Page,
        Opening = Opening,
        CreatedAt = CreatedAt,
        Position = Position,
    };

    public StatementEnd End(bool envelopeIs942, Standing standing, bool? balanced) => new()
    {
        Header = Header(envelopeIs942),
        Closing = Closing,
        OtherBalances = Others,
        Information = Information,
        Entries = Entries,
        Lines = lines,
        CreditsMinor = SumsTooLarge ? 0 : (long)credits,
        DebitsMinor = SumsTooLarge ? 0 : (long)debits,
        Standing = standing,
        Balanced = balanced,
    };

    public static ReadOnlySpan<byte> FirstLine(ReadOnlySpan<byte> value)
    {
        var end = value.IndexOfAny((byte)'\r', (byte)'\n');
        return (end < 0 ? value : value[..end]).Trim((byte)' ');
    }

    public static ReadOnlySpan<byte> SecondLine(ReadOnlySpan<byte> value)
    {
        var end = value.IndexOfAny((byte)'\r', (byte)'\n');
        return end < 0 ? default : FirstLine(value[end..].TrimStart("\r\n"u8));
    }

    private static string? Named(Balance? balance) => balance is { Currency.Length: > 0 } ? balance.Currency : null;

    /// <summary>Statements without an opening balance, or with one that names no currency, name it only at the end, when their lines have long been read.</summary>
    public static string PeekCurrency(ReadOnlySpan<byte> ahead)
    {
        var stop = ahead.IndexOf("\n:20:"u8);
        if (stop < 0) stop = ahead.IndexOf("\r:20:"u8);
        if (stop >= 0) ahead = ahead[..stop];
        var at = ahead.IndexOf(":62F:"u8);
        if (at < 0) at = ahead.IndexOf(":62M:"u8);
        return at >= 0 && ahead.Length >= at + 15 ? CurrencyCodes.Find(ahead.Slice(at + 12, 3)) ?? "" : "";
    }
}

/// <summary>Fields 90D and 90C: number 5n, currency 3!a, sum 15d.</summary>
internal sealed record MtCount(int Entries, string Currency, long SumMinor)
{
    public static MtCount? Parse(ReadOnlySpan<byte> value)
    {
        var digits = 0;
        while (digits < value.Length && digits < 9 && value[digits] is >= (byte)'0' and <= (byte)'9') digits++;
        if (digits == 0 || !MtDate.TryDigits(value, digits, out var count) || value.Length < digits + 3) return null;
        if (CurrencyCodes.Find(value.Slice(digits, 3)) is not { } currency || !CurrencyCodes.TryGetDecimals(currency, out var decimals)) return null;
        return MtAmount.TryParse(value[(digits + 3)..].TrimEnd("-} "u8), decimals, out var sum, out _) is AmountVerdict.Read ? new MtCount(count, currency, sum) : null;
    }
}
