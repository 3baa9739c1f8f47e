using System.Security.Cryptography;
using System.Text;
using Modupay.Formats;

namespace Modupay.Banking.Statements;

/// <summary>
/// What a statement says about money, as one hash: its balances and its booked entries in any order. The bank's MT940 and camt.053 of a day, a file sent
/// again under another name or with other line ends, all give the same.
/// </summary>
internal sealed class StatementDigest
{
    private int _entry;
    private long _amount;
    private bool _booked;
    private ulong _first;
    private ulong _second;
    private int _entries;

    public DateOnly? FirstBookedOn { get; private set; }
    public DateOnly? LastBookedOn { get; private set; }

    public void Begin() => (_entry, _amount, _booked, _first, _second, _entries, FirstBookedOn, LastBookedOn) = (0, 0, false, 0, 0, 0, null, null);

    /// <summary>Parts of an entry are summed: one format splits a batch where another does not.</summary>
    public void Add(StatementLine line)
    {
        if (line.Entry != _entry) Close();
        (_entry, _booked) = (line.Entry, line.Status is EntryStatus.Booked);
        _amount += line.AmountMinor;
        if (!_booked || line.BookingDate is not { } day) return;
        if (FirstBookedOn is null || day < FirstBookedOn) FirstBookedOn = day;
        if (LastBookedOn is null || day > LastBookedOn) LastBookedOn = day;
    }

    public byte[] End(StatementEnd end)
    {
        Close();
        var period = end.Header.Opening is null || end.Closing is null ? $"{FirstBookedOn:yyyy-MM-dd}/{LastBookedOn:yyyy-MM-dd}" : $"{end.Closing.Date:yyyy-MM-dd}";
        return SHA256.HashData(Encoding.ASCII.GetBytes(
            $"{end.Header.Currency}|{end.Header.Opening?.AmountMinor}|{end.Closing?.AmountMinor}|{period}|{_entries}|{_first:x16}{_second:x16}"));
    }

    private void Close()
    {
        if (_entry > 0 && _booked)
        {
            _entries++;
            // Sums do not depend on the order; two mixes of 64 bits make an accident unlikely, and nobody gains from making one.
            _first = unchecked(_first + Mix((ulong)_amount));
            _second = unchecked(_second + Mix((ulong)_amount ^ 0x9E3779B97F4A7C15UL));
        }
        (_entry, _amount, _booked) = (0, 0, false);
    }

    // The finaliser of SplitMix64.
    private static ulong Mix(ulong value)
    {
        unchecked
        {
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
            return value ^ (value >> 31);
        }
    }
}
