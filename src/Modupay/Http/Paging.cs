using System.Buffers.Text;
using Microsoft.AspNetCore.Http;

namespace Modupay.Http;

/// <summary>
/// A place in a list that is ordered by id, newest first. Ids are time-ordered, so the cursor is the last id seen and stays right while rows are added.
/// </summary>
internal sealed record PageRequest(int Limit, Guid Before)
{
    private const int DefaultLimit = 25;
    private const int MaxLimit = 100;

    /// <param name="firstPage">Where the first page begins: after every id unless the list runs upwards.</param>
    public static Result<PageRequest> From(HttpRequest request, Guid? firstPage = null)
    {
        var limit = LimitOf(request);
        if (limit.Problem is { } problem) return problem;
        if (request.Query["cursor"].ToString() is not { Length: > 0 } cursor) return new PageRequest(limit.Value, firstPage ?? Guid.AllBitsSet);
        Span<byte> bytes = stackalloc byte[16];
        return cursor.Length == 22 && Base64Url.IsValid(cursor) && Base64Url.TryDecodeFromChars(cursor, bytes, out var written) && written == 16
            ? new PageRequest(limit.Value, new Guid(bytes, bigEndian: true))
            : new Problem(Errors.InvalidCursor, "Send meta.nextCursor of the page before, unchanged.");
    }

    public static Result<int> LimitOf(HttpRequest request)
    {
        var limit = DefaultLimit;
        return request.Query["limit"].ToString() is { Length: > 0 } text && (!int.TryParse(text, out limit) || limit is < 1 or > MaxLimit)
            ? new Problem(Errors.InvalidRequest, "The limit is out of range.", [new("limit", "out_of_range", $"From 1 to {MaxLimit}.")])
            : limit;
    }

    /// <summary>Asks for one row more than the page has, to know whether there is a next page.</summary>
    public int Fetch => Limit + 1;

    public (IReadOnlyList<T> Items, string? NextCursor) Cut<T>(List<T> rows, Func<T, Guid> id) => rows.Count <= Limit
        ? (rows, null)
        : (rows[..Limit], Base64Url.EncodeToString(id(rows[Limit - 1]).ToByteArray(bigEndian: true)));
}
