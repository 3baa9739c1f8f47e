namespace Modupay.Banking.Connectors.Rest;

/// <summary>What became of one HTTP request, before anybody reads the bank's words.</summary>
internal abstract record Exchange
{
    private Exchange()
    {
    }

    /// <summary>Whether the bank's system is there and working, whatever it said; this is what the circuit counts.</summary>
    public bool BankSpoke => this is Answered { Status: < 500 and not 408 and not 429 };

    public sealed record Answered(int Status, ReadOnlyMemory<byte> Body, TimeSpan? RetryAfter) : Exchange;

    /// <summary>No byte of the request can have arrived.</summary>
    public sealed record NotReached(string Reason, TimeSpan RetryAfter) : Exchange;

    /// <summary>The request may have arrived, and no whole answer came back.</summary>
    public sealed record Silent(string Reason) : Exchange;
}
