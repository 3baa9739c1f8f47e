using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Banking.Statements;

/// <summary>
/// POST /v1/statements/{id}/reparse: reads the archived bytes again, after the bank's dialect was mended or to let a file out of quarantine. The wish is
/// an object in the inbox, so it goes through the workflow every file goes through. Asked twice it is done once, which makes it idempotent without a key.
/// </summary>
internal static class ReparseStatement
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/statements/{id}/reparse", HandleAsync).Needs(Permission.StatementsWrite)
        .Answers<StatementFileView>(StatusCodes.Status202Accepted, "Read a statement file again")
        .Refuses(404, 409);

    private static async Task<IResult> HandleAsync(string id, Caller caller, Database database, IAmazonS3 s3, StatementBuckets buckets, CancellationToken ct)
    {
        if (!Id.TryParse<StatementFileId>(id, out var fileId)) return Reply.Refused(Unknown());
        var asked = await database.TransactAsync<StatementFile>(caller.Tenant, async unit =>
        {
            var asked = await unit.ExecuteAsync(StatementSql.AskForReading, [fileId.Value, unit.Now], ct) == 1;
            var file = await unit.FirstAsync(StatementSql.FindFile, [fileId.Value], StatementFile.Read, ct);
            if (file is null) return Unknown();
            if (asked) AuditLog.Record(unit, caller.Actor, AuditActions.StatementReleased, id, Change.Set("reading", file.Reading.ToString()));
            return file.State is "registered" ? file : new Problem(Errors.StatementState, $"The file is {file.State}; it can be read again when it is archived or in quarantine.");
        }, ct);
        if (asked.Problem is { } refused) return Reply.Refused(refused);

        // If this is lost the file stays registered, and asking again puts it there again.
        var organization = await Organizations.OrganizationOfAsync(database, caller.Tenant, ct);
        await s3.PutObjectAsync(new PutObjectRequest
        {
            BucketName = buckets.Inbox,
            Key = $"statements/{organization}/{asked.Value.BankProfile}/{RegisterStatement.RereadFolder}{fileId}",
            ContentBody = asked.Value.Reading.ToString(),
        }, ct);
        return Reply.Ok(StatementFileView.Of(asked.Value), StatementsJson.Default.StatementFileView, status: StatusCodes.Status202Accepted);
    }

    private static Problem Unknown() => new(Errors.NotFound, "There is no such statement file.");
}
