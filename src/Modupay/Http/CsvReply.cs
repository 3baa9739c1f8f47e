using Microsoft.AspNetCore.Http;

namespace Modupay.Http;

/// <summary>A page of a list for a spreadsheet. The cursor of the next page is in the <c>Next-Cursor</c> header.</summary>
internal sealed class CsvReply(string text, string? next) : IResult
{
    /// <summary>Quoted, and never a formula: a spreadsheet would run a cell that begins with one of these.</summary>
    public static string Cell(string value) => $"\"{(value.Length > 0 && value[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" : "")}{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public Task ExecuteAsync(HttpContext context)
    {
        context.Response.ContentType = "text/csv; charset=utf-8; header=present";
        if (next is not null) context.Response.Headers["Next-Cursor"] = next;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
