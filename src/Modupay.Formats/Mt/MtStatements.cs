using Modupay.Formats.Mt.Information;
using Modupay.Formats.Text;

namespace Modupay.Formats.Mt;

/// <summary>
/// Makes statements and lines of the fields of MT940 and MT942 messages. A message starts at <c>:20:</c> (or at another opening field when
/// <c>:20:</c> is missing) and ends at an end mark, at the next start, or with the file: no single mark can be trusted.
/// </summary>
internal sealed class MtStatements(Reading reading, TextDecoder decoder, InformationGrammar grammar)
{
    // Fields of real banks stay below two kilobytes.
    private const int LongField = 32 * 1024;

    private readonly MtTexts texts = new(decoder, new InformationReader(decoder, grammar));
    private readonly MtMovement movement = new();
    private readonly MtMessage message = new();
    private byte[] raw = new byte[2048];
    private int rawLength;
    private bool open;
    private string lineCurrency = "";
    private FilePosition linePosition;
    private int referencesAt;
    private int informationAt;
    private bool severalInformations;
    private int looksAtSubfields = 1000;
    private int decimals = 2;
    private string decimalsOf = "";
    private bool envelopeIs942;
    private bool sawNul;
    private bool sawMessage;
    private bool textOutside;

    public static bool ContinuesAfterDash(int tag) => tag is MtTag.Line or MtTag.Information or MtTag.ClosingFinal or MtTag.ClosingPage or MtTag.ClosingBare or
        MtTag.Available or MtTag.Forward or MtTag.DebitCount or MtTag.CreditCount or MtTag.BankLines;

    public void Field(int tag, ReadOnlySpan<byte> field, int tagLength, FilePosition position, ReadOnlySpan<byte> ahead)
    {
        var value = field[tagLength..];
        if (field.Length > LongField) reading.Report("field_long", Severity.Warning, $"The field {MtTag.Print(tag)} has {field.Length} bytes.", position, Index);
        if (StartsMessage(tag)) EndMark();
        if (!message.Open) Start(position);
        if (tag is MtTag.OpeningBare or MtTag.ClosingBare && message.Once("tag_without_option"))
            reading.Report("tag_without_option", Severity.Warning, "A balance has a tag without F or M and was taken as that of a whole statement.", position, Index);

        switch (tag)
        {
            case MtTag.Line: Line(field, tagLength, position, ahead); break;
            case MtTag.Information: Information(field, value, position); break;
            case MtTag.Reference: message.Reference = Text(value); break;
            case MtTag.Related: message.Related = Text(value); break;
            case MtTag.Account or MtTag.AccountWithBic: message.TakeAccount(Text(value), decoder.Decode(MtMessage.SecondLine(value))); break;
            case MtTag.Number or MtTag.NumberC: message.Number = NumberField.Parse(Text(value)); break;
            case MtTag.OpeningFinal or MtTag.OpeningPage or MtTag.OpeningBare: Opening(value, tag, position, ahead); break;
            case MtTag.ClosingFinal or MtTag.ClosingPage or MtTag.ClosingBare: Closing(value, tag, position); break;
            case MtTag.Available or MtTag.Forward: OtherBalance(value, tag, position); break;
            case MtTag.Floor: message.TakeFloor(value); break;
            case MtTag.Created or MtTag.CreatedWithZone: message.TakeCreated(value); break;
            case MtTag.DebitCount or MtTag.CreditCount: message.TakeCount(tag, value); break;
            case MtTag.BankLines: break;
            default: Unknown(tag, field, position); break;
        }
    }

    public void EndMark()
    {
        if (message.Open) Complete(cut: false);
    }

    /// <summary>First line of an envelope or an end mark; block 2 says which kind of message follows.</summary>
    public void Frame(ReadOnlySpan<byte> line)
    {
        if (line.IndexOf("{2:"u8) is >= 0 and var at && at + 7 <= line.Length) envelopeIs942 = line.Slice(at + 4, 3).SequenceEqual("942"u8);
        else if (line.StartsWith(":94"u8)) envelopeIs942 = line.StartsWith(":942"u8);
    }

    public void Framing(ReadOnlySpan<byte> text, int lineNumber)
    {
        sawNul |= text.Contains((byte)0);
        foreach (var range in text.SplitAny((byte)'\r', (byte)'\n'))
        {
            var line = text[range].Trim(MtHeaderLine.Padding);
            if (MtHeaderLine.IsKnown(line)) continue;
            reading.Unread += line.Length;
            // Before the first message stands what a portal or a mail program wrote; behind one it may be what is left of the next.
            if (textOutside || !sawMessage) continue;
            textOutside = true;
            reading.Report("text_outside", Severity.Warning, "There is text behind a message that belongs to none; it was passed over.", new FilePosition(lineNumber), raw: decoder.Decode(line));
        }
    }

    public void DashWasText(int line) => reading.Report("dash_in_text", Severity.Warning, "A lone dash was read as text, because the message goes on after it.", new FilePosition(line), Index);

    public void FieldTooLong(int tag, FilePosition position, int length)
    {
        if (!message.Open) Start(position);
        reading.Unread += length;
        Refuse("field_too_long", tag == MtTag.None ? "A line of this length is no bank statement." : $"The field {MtTag.Print(tag)} is longer than any bank writes.", position);
    }

    public void Finish(bool insideLine, bool insideTag)
    {
        if (message.Open) Complete(cut: insideTag || (insideLine && message.Truncatable));
        if (sawNul || decoder.SawControl) reading.Report("control_characters", Severity.Warning, "Control characters were left out of the text.", new FilePosition(1));
        if (decoder.SawUtf8 && decoder.SawFallback) reading.Report("encoding_mixed", Severity.Warning, $"Some texts are UTF-8, others {decoder.Fallback.WebName}.", new FilePosition(1));
        if (decoder.SawUndefined) reading.Report("encoding_uncertain", Severity.Warning, "The character set could not be told; names may read wrong.", new FilePosition(1));
    }

    private int? Index => message.Open ? message.Index : null;

    private bool StartsMessage(int tag) => tag == MtTag.Reference || (message.Closing is not null && tag is
        MtTag.Account or MtTag.AccountWithBic or MtTag.Number or MtTag.NumberC or MtTag.OpeningFinal or MtTag.OpeningPage or MtTag.OpeningBare);

    private void Start(FilePosition position)
    {
        message.Start(++reading.LastIndex, position);
        sawMessage = true;
        open = false;
    }

    private string Text(ReadOnlySpan<byte> value) => decoder.Decode(MtMessage.FirstLine(value));

    private void Line(ReadOnlySpan<byte> field, int tagLength, FilePosition position, ReadOnlySpan<byte> ahead)
    {
        EmitLine();
        var currency = message.Currency ?? (message.PeekedCurrency ??= MtMessage.PeekCurrency(ahead));
        if (!message.Begun) Begin();

        movement.Reset();
        message.HasMovement = true;
        if (MtEntry.TryParse(field[tagLength..], Decimals(currency), movement, out var oddity, out var at, out var why) is { } code)
        {
            message.SkipInformation = true;
            reading.Unread += field.Length;
            Refuse(code, why, position with { Column = tagLength + at + 1 }, decoder.Decode(MtMessage.FirstLine(field)));
            return;
        }

        message.SkipInformation = false;
        message.Entries++;
        open = true;
        (lineCurrency, linePosition, referencesAt, informationAt, severalInformations) = (currency, position, tagLength + at, -1, false);
        rawLength = 0;
        KeepRaw(field);
        if (oddity != EntryOddity.None) ReportOddities(oddity, position);
    }

    private void Information(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, FilePosition position)
    {
        if (open)
        {
            if (informationAt >= 0 && message.Once("information_twice"))
                reading.Report("information_twice", Severity.Warning, "A movement has more than one :86:; they were read as one.", position, message.Index);
            AttachInformation(field);
            return;
        }

        if (message.SkipInformation)
        {
            reading.Unread += field.Length;
            return;
        }

        if (message.Closing is null && message.Entries == 0) message.EarlyInformation = field.ToArray();
        else message.Information = InformationReader.Append(message.Information, texts.Information.Plain(value));
    }

    private void AttachInformation(ReadOnlySpan<byte> field)
    {
        severalInformations = informationAt >= 0;
        if (informationAt < 0) informationAt = rawLength + 1;
        KeepRaw(field);
        // A dialect shows itself early or not at all, and the raw text is there either way.
        if (looksAtSubfields > 0 && looksAtSubfields-- > 0 && GermanSubfields.HasUnknown(field[4..]) && message.Once("subfield_unknown"))
            reading.Report("subfield_unknown", Severity.Warning, "The :86: has subfields of no known kind; see the raw text.", linePosition, message.Index);
    }

    private void Opening(ReadOnlySpan<byte> value, int tag, FilePosition position, ReadOnlySpan<byte> ahead)
    {
        var balance = MtBalance.TryParse(value, BalanceKind.Opening, tag == MtTag.OpeningPage, message.Currency, out var code, out var why);
        if (balance is { Currency.Length: 0 })
        {
            message.PeekedCurrency ??= MtMessage.PeekCurrency(ahead);
            balance = MtBalance.TryParse(value, BalanceKind.Opening, tag == MtTag.OpeningPage, message.PeekedCurrency, out code, out why);
        }

        if (balance is null)
        {
            message.OpeningUnreadable = true;
            Refuse("opening_" + code, why, position, Text(value));
            return;
        }

        if (code is not null) reading.Report(code, Severity.Warning, why, position, message.Index);
        if (message.Opening is { } earlier && (earlier.AmountMinor != balance.AmountMinor || earlier.Currency != balance.Currency))
        {
            message.OpeningRepeated = true;
            reading.Report("opening_repeated", Severity.Error, "The statement has two opening balances.", position, message.Index, Text(value));
        }

        message.Opening = balance;
    }

    private void Closing(ReadOnlySpan<byte> value, int tag, FilePosition position)
    {
        EmitLine();
        var balance = MtBalance.TryParse(value, BalanceKind.Closing, tag == MtTag.ClosingPage, message.Currency, out var code, out var why);
        if (balance is null)
        {
            Refuse("closing_" + code, why, position, Text(value));
            return;
        }

        if (code is not null) reading.Report(code, Severity.Warning, why, position, message.Index);
        if (message.Closing is { } earlier && earlier.AmountMinor != balance.AmountMinor && !earlier.Intermediate)
            Refuse("closing_repeated", "The statement has two closing balances.", position, Text(value));
        if (message.Opening is { } opening && opening.Currency != balance.Currency)
            Refuse("currency_changed", $"The statement opens in {opening.Currency} and closes in {balance.Currency}.", position, Text(value));
        message.Closing = balance;
    }

    private void OtherBalance(ReadOnlySpan<byte> value, int tag, FilePosition position)
    {
        EmitLine();
        var kind = tag == MtTag.Available ? BalanceKind.ClosingAvailable : BalanceKind.ForwardAvailable;
        var balance = MtBalance.TryParse(value, kind, false, message.Currency, out var code, out var why);
        if (code is not null) reading.Report("available_" + code, Severity.Warning, why, position, message.Index, Text(value));
        if (balance is not null) message.Others.Add(balance);
        else reading.Unread += value.Length;
    }

    private void Unknown(int tag, ReadOnlySpan<byte> field, FilePosition position)
    {
        reading.Unread += field.Length;
        if (message.Once(MtTag.Print(tag)))
            reading.Report("tag_unknown", Severity.Warning, $"{MtTag.Print(tag)} is no field of a statement.", position, message.Index, Text(field));
    }

    private int Decimals(string currency)
    {
        if (!ReferenceEquals(currency, decimalsOf)) (decimalsOf, decimals) = (currency, CurrencyCodes.DecimalsOrTwo(currency));
        return decimals;
    }

    private void KeepRaw(ReadOnlySpan<byte> field)
    {
        if (raw.Length < rawLength + field.Length + 1) Array.Resize(ref raw, Math.Max(raw.Length * 2, rawLength + field.Length + 1));
        if (rawLength > 0) raw[rawLength++] = (byte)'\n';
        field.CopyTo(raw.AsSpan(rawLength));
        rawLength += field.Length;
    }

    private void EmitLine()
    {
        if (!open) return;
        open = false;
        if (informationAt < 0 && message.EarlyInformation is { } early)
        {
            AttachInformation(early);
            message.EarlyInformation = null;
            reading.Report("information_early", Severity.Warning, "The :86: stands before the movement it belongs to.", linePosition, message.Index);
        }

        var bytes = raw.AsSpan(0, rawLength).ToArray();
        message.Add(movement.AmountMinor, movement.Status);
        reading.Line(new StatementLine
        {
            Entry = message.Entries,
            AmountMinor = movement.AmountMinor,
            Currency = lineCurrency,
            BookingDate = movement.BookingDate,
            ValueDate = movement.ValueDate,
            Status = movement.Status,
            Reversal = movement.Reversal,
            Position = linePosition,
            Raw = new RawText(bytes, decoder.Observe(bytes, out var plain)),
            Plain = plain,
            Source = texts,
            ReferencesAt = referencesAt,
            InformationAt = informationAt,
            SeveralInformations = severalInformations,
        });
    }

    private void Begin()
    {
        message.Begun = true;
        reading.Begin(message.Header(envelopeIs942));
    }

    private void Refuse(string code, string why, FilePosition position, string? text = null)
    {
        message.Refused = true;
        reading.Report(code, Severity.Error, why, position, message.Index, text);
    }

    private void ReportOddities(EntryOddity oddity, FilePosition position)
    {
        var fresh = oddity & ~message.Reported;
        message.Reported |= fresh;
        foreach (var (flag, code, text) in MtOddities.All)
        {
            if (fresh.HasFlag(flag)) reading.Report(code, Severity.Warning, text, position, message.Index);
        }
    }

    private void Complete(bool cut)
    {
        EmitLine();
        if (message.SaysNothing && !cut)
        {
            reading.Report("message_empty", Severity.Warning, "A message has a reference and nothing else.", message.Position, message.Index);
            message.Close();
            reading.LastIndex--;
            return;
        }

        if (!message.Begun) Begin();
        message.AdoptEarlyInformation(texts.Information);
        MtVerdict.Judge(message, cut, envelopeIs942, reading, out var standing, out var balanced);
        reading.End(message.End(envelopeIs942, standing, balanced));
        message.Close();
    }
}
