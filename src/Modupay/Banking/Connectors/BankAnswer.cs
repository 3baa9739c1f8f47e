namespace Modupay.Banking.Connectors;

/// <summary>What a bank said, or that we cannot know. Only an explicit yes or no is final.</summary>
internal abstract record BankAnswer
{
    private BankAnswer()
    {
    }

    /// <summary>An explicit yes or no: nothing that follows can change whether the bank took the order.</summary>
    public bool IsFinal => this is Accepted or Refused;

    /// <summary>For logs: the answer's name in the words of the tables.</summary>
    public string Outcome => this switch
    {
        Accepted => "accepted",
        Refused => "refused",
        InDoubt => "in_doubt",
        NotSent => "not_sent",
        _ => "not_found",
    };

    /// <summary>The bank has the order and will execute it, or already has.</summary>
    public sealed record Accepted(string BankReference) : BankAnswer;

    /// <summary>The bank has decided against the order. It will not be executed.</summary>
    /// <param name="Code">The bank's own code.</param>
    public sealed record Refused(string Code, string Detail) : BankAnswer;

    /// <summary>The bank may hold the order. Ask it; never send a second one.</summary>
    public sealed record InDoubt(string Reason) : BankAnswer;

    /// <summary>Proven never to have reached the bank's books, so it may be sent (again) after a while.</summary>
    /// <param name="RetryAfter">How long the bank, or the open circuit, asks to be left alone; zero when nobody asked.</param>
    public sealed record NotSent(string Reason, TimeSpan RetryAfter) : BankAnswer;

    /// <summary>The bank does not know the order <em>now</em>. Not yet a no: it may still be on its way through the bank, so let the claim age.</summary>
    public sealed record NotFound : BankAnswer;
}
