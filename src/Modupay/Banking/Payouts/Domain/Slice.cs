using static Modupay.Banking.Payouts.SliceState;

namespace Modupay.Banking.Payouts;

internal enum SliceState { Pending, Dispatching, InDoubt, Sent, Settled, Failed, Returned }

// The life of a slice: one bank order. A move that is not drawn here cannot happen.
//
//   Pending ─▶ Dispatching ─▶ Sent ─▶ Settled ◀─▶ Returned
//      ▲           │  │        ▲└───▶ Failed
//      └───────────┘  └▶ InDoubt ──▶ Failed
//    proven not sent
//
// Settled ─▶ Returned when a rule or a person finds the credit that brings the money back, and Settled again when a person takes that back.
// Settled ─▶ InDoubt when a person takes back the proof: nobody knows any more what became of the order, so the bank is asked.
// Dispatching and InDoubt mean that the bank may already hold our order: ask it, never send a second one.
// Dispatching ─▶ Failed is the bank's explicit no. Dispatching ─▶ Pending needs proof that no byte of the order left us.

/// <summary>What may happen to a slice. Each verb answers the slice as it is afterwards, the same slice when nothing changes, or a refusal.</summary>
internal sealed record Slice(
    SliceId Id, PayoutId Payout, int Number, Money Amount, string EndToEndId, SliceState State,
    Guid? Connector = null, string? BankReference = null, Failure? Failure = null, DateOnly? BookedOn = null)
{
    public bool IsFinal => State is Settled or Failed or Returned;

    /// <summary>The bank has the order, by its own word.</summary>
    public Result<Slice> Accept(string? bankReference) => State switch
    {
        Dispatching or InDoubt => this with { State = Sent, BankReference = bankReference },
        // A second delivery of the same message, or a statement that overtook the answer.
        Sent or Settled or Returned => this,
        _ => CannotBecome(Sent),
    };

    /// <summary>The bank said no, or said after the claim aged that it never heard of the order.</summary>
    public Result<Slice> Fail(Failure failure) => State switch
    {
        Dispatching or InDoubt or Sent => this with { State = Failed, Failure = failure },
        Failed => this,
        _ => CannotBecome(Failed),
    };

    public Result<Slice> Doubt() => State switch
    {
        Dispatching => this with { State = InDoubt },
        InDoubt or Sent or Settled or Failed or Returned => this,
        _ => CannotBecome(InDoubt),
    };

    /// <summary>The order provably never left us, so it may be sent by a later attempt.</summary>
    public Result<Slice> Release() => State switch
    {
        Dispatching => this with { State = Pending },
        Pending => this,
        _ => CannotBecome(Pending),
    };

    /// <summary>A statement line is also proof of delivery for an order whose answer we never received.</summary>
    public Result<Slice> Settle(DateOnly bookedOn, string? bankReference) => State switch
    {
        Dispatching or InDoubt or Sent => this with { State = Settled, BookedOn = bookedOn, BankReference = BankReference ?? bankReference },
        _ => CannotBecome(Settled),
    };

    /// <summary>The line that proved it was another one's: what the bank did with the order is open again.</summary>
    public Result<Slice> Reopen() => State switch
    {
        Settled => this with { State = InDoubt, BookedOn = null },
        _ => CannotBecome(InDoubt),
    };

    /// <summary>The bank has booked the order and then booked the money back.</summary>
    public Result<Slice> Return(Failure why) => State switch
    {
        Settled => this with { State = Returned, Failure = why },
        _ => CannotBecome(Returned),
    };

    /// <summary>The credit that seemed to bring the money back was another one's.</summary>
    public Result<Slice> TakeBackReturn() => State switch
    {
        Returned => this with { State = Settled, Failure = null },
        _ => CannotBecome(Settled),
    };

    private Problem CannotBecome(SliceState next) => new(Errors.SliceState, $"{Id} is {SliceStates.Text(State)}, so it cannot become {SliceStates.Text(next)}.");
}

/// <summary>Why a slice failed: a stable code (the bank's own where it gave one) and a sentence.</summary>
internal sealed record Failure(string Code, string Detail);

internal static class SliceStates
{
    public static string Text(SliceState state) => state switch
    {
        Pending => "pending",
        Dispatching => "dispatching",
        InDoubt => "in_doubt",
        Sent => "sent",
        Settled => "settled",
        Failed => "failed",
        Returned => "returned",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    public static SliceState Parse(string text) => text switch
    {
        "pending" => Pending,
        "dispatching" => Dispatching,
        "in_doubt" => InDoubt,
        "sent" => Sent,
        "settled" => Settled,
        "failed" => Failed,
        "returned" => Returned,
        _ => throw new ArgumentOutOfRangeException(nameof(text), text, "Not a slice state."),
    };
}
