using Modupay.Formats;
using static Modupay.Banking.Payouts.PayoutState;

namespace Modupay.Banking.Payouts;

internal enum PayoutState { Created, Approved, Processing, Settled, PartiallySettled, Failed, Canceled }

// The life of a payout: money an organization sends. A move that is not drawn here cannot happen.
//
//   Created ─▶ Approved ─▶ Processing ─▶ Settled | PartiallySettled | Failed
//      └───────────┴─────▶ Canceled
//
// Settled | PartiallySettled | Failed ─▶ one another when money that had arrived is returned, or a person takes that back.
// Settled | PartiallySettled ─▶ Processing when a person takes back the proof of one of its slices.

/// <summary>What an organization asked to be paid, and the bank orders it was cut into.</summary>
internal sealed record Payout(PayoutId Id, Guid TreasuryAccount, PayoutState State, Money Amount, string Reference, string? Description, IReadOnlyList<Slice> Slices)
{
    public const int MaxSlices = 999;
    private const int ReferenceBody = 18;

    /// <summary>
    /// Cuts the amount by what the account may order at once. The reference and every end-to-end id are ISO 11649 creditor references over the
    /// same body, so that any of them found in a statement leads back here and a mistyped one is recognised by its check digits.
    /// </summary>
    public static Result<Payout> Create(Guid treasuryAccount, Money amount, Money orderLimit, string? description, TimeProvider time)
    {
        if (amount.Minor <= 0) return new Problem(Errors.AmountNotPositive, "A payout moves money.", [new("amount.amount", "not_positive", "Must be greater than zero.")]);
        if (amount.Currency != orderLimit.Currency)
            return new Problem(Errors.CurrencyMismatch, $"The treasury account holds {orderLimit.Currency}.", [new("amount.currency", "mismatch", $"Must be {orderLimit.Currency}.")]);
        if ((amount.Minor - 1) / orderLimit.Minor >= MaxSlices)
            return new Problem(Errors.PayoutTooManySlices, $"The account orders at most {orderLimit} at once, and a payout has at most {MaxSlices} slices.");

        var id = Kernel.Id.New<PayoutId>(time);
        var body = BodyOf(id);
        var slices = amount.SplitBy(orderLimit)
            .Select((piece, index) => new Slice(Kernel.Id.New<SliceId>(time), id, index + 1, piece, MakeReference($"{body}{index + 1:000}"), SliceState.Pending));
        return new Payout(id, treasuryAccount, Created, amount, MakeReference(body), description, [.. slices]);
    }

    public Result<Payout> Approve() => State switch
    {
        Created => this with { State = Approved },
        Approved or Processing => this,
        _ => CannotBecome(Approved),
    };

    public Result<Payout> Start() => State switch
    {
        Approved => this with { State = Processing },
        Processing => this,
        _ => CannotBecome(Processing),
    };

    public Result<Payout> Cancel() => State switch
    {
        Created or Approved => this with { State = Canceled },
        Canceled => this,
        _ => CannotBecome(Canceled),
    };

    /// <summary>The payout after its slices changed: it ends when every slice has.</summary>
    public Payout Conclude(IReadOnlyList<Slice> slices)
    {
        var changed = this with { Slices = slices };
        return State is Processing && slices.All(slice => slice.IsFinal) ? changed.Judged() : changed;
    }

    /// <summary>The payout after money of one of its slices came back, or did not after all: an end is judged anew.</summary>
    public Payout Reconsider(IReadOnlyList<Slice> slices) => State is Settled or PartiallySettled or Failed ? (this with { Slices = slices }).Judged() : Conclude(slices);

    private Payout Judged()
    {
        var settled = Slices.Count(slice => slice.State is SliceState.Settled);
        return this with { State = settled == Slices.Count ? Settled : settled > 0 ? PartiallySettled : Failed };
    }

    /// <summary>The payout after a slice lost its proof.</summary>
    public Payout Reopen(IReadOnlyList<Slice> slices) => this with { State = State is Settled or PartiallySettled ? Processing : State, Slices = slices };

    public Money SettledAmount => Slices.Where(slice => slice.State is SliceState.Settled).Aggregate(Money.Zero(Amount.Currency), (sum, slice) => sum + slice.Amount);

    /// <summary>The last 18 of the id's 26 characters hold its 74 random bits. A collision is refused by the unique constraint on the reference.</summary>
    private static string BodyOf(PayoutId id) => Kernel.Id.Base32(id.Value)[^ReferenceBody..].ToUpperInvariant();

    private static string MakeReference(string body) =>
        RfReference.TryMake(body, out var reference) ? reference.Value : throw new InvalidOperationException($"{body} cannot be a reference.");

    private Problem CannotBecome(PayoutState next) => new(Errors.PayoutState, $"{Id} is {PayoutStates.Text(State)}, so it cannot become {PayoutStates.Text(next)}.");
}

internal static class PayoutStates
{
    public static string Text(PayoutState state) => state switch
    {
        Created => "created",
        Approved => "approved",
        Processing => "processing",
        Settled => "settled",
        PartiallySettled => "partially_settled",
        Failed => "failed",
        Canceled => "canceled",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    public static PayoutState Parse(string text) => text switch
    {
        "created" => Created,
        "approved" => Approved,
        "processing" => Processing,
        "settled" => Settled,
        "partially_settled" => PartiallySettled,
        "failed" => Failed,
        "canceled" => Canceled,
        _ => throw new ArgumentOutOfRangeException(nameof(text), text, "Not a payout state."),
    };
}
