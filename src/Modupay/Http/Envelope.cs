namespace Modupay.Http;

// The shapes of every answer, for the OpenAPI document. Success is written by Reply, which already has the data as bytes.

/// <summary>A successful answer.</summary>
internal sealed record Envelope<T>(bool Success, T Data, Meta Meta) where T : notnull;

/// <summary>A page of a list, newest first. <c>meta.nextCursor</c> is absent on the last page.</summary>
internal sealed record ListEnvelope<T>(bool Success, IReadOnlyList<T> Data, Meta Meta);

/// <summary>A refusal or a failure: the members of RFC 9457 inside the envelope.</summary>
/// <param name="Error">Why it was refused.</param>
internal sealed record ErrorEnvelope(bool Success, ErrorBody Error, Meta Meta);

/// <summary>Why it was refused, with the members of RFC 9457.</summary>
/// <param name="Type">A URI that names the kind of problem; it ends in the code.</param>
/// <param name="Code">What went wrong, in a word that never changes its meaning: the table at the top lists all.</param>
/// <param name="Title">The same in a sentence, equal for every request with this code.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What is wrong with this request, for people.</param>
/// <param name="Errors">The fields that are wrong, where it is fields.</param>
internal sealed record ErrorBody(string Type, string Code, string Title, int Status, string Detail, IReadOnlyList<FieldProblem>? Errors);

/// <summary>What there is to say about the answer itself.</summary>
/// <param name="RequestId">The id of this request, <c>req_…</c> or the <c>X-Request-Id</c> that was sent. Name it when you ask us.</param>
/// <param name="Timestamp">When it was answered (UTC).</param>
/// <param name="NextCursor">Send it as <c>cursor</c> for the next page; absent on the last page, and where there are no pages.</param>
internal sealed record Meta(string RequestId, DateTimeOffset Timestamp, string? NextCursor = null);

/// <summary>An amount in the currency's minor units: 1050 EUR is ten euros fifty, 1050 XOF is one thousand and fifty francs.</summary>
/// <param name="Amount">Whole minor units of the currency: cents for EUR, francs for XOF. The field it stands in says what a sign means.</param>
/// <param name="Currency">ISO 4217 code in capitals, such as <c>EUR</c>.</param>
internal sealed record MoneyView(long Amount, string Currency)
{
    public static MoneyView Of(Money money) => new(money.Minor, money.Currency.Code);
}
