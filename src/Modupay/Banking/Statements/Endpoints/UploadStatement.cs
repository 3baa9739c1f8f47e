using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Banking.Accounts;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Banking.Statements;

/// <summary>
/// POST /v1/statements?bankProfile=bp_…&amp;fileName=…: the bytes of a statement file as the body. It is put where banks drop their files, so there
/// is one way in. The same bytes twice are one file, which is what makes this request idempotent without a key.
/// </summary>
internal static class UploadStatement
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/statements", HandleAsync).WithName("uploadStatement").Needs(Permission.StatementsWrite)
        .Accepts<byte[]>("application/octet-stream")
        .Answers<UploadView>(StatusCodes.Status202Accepted, "Upload a bank statement file")
        .Refuses(413, 422)
        .Takes("bankProfile", "The bank that wrote the file (`bp_…`).", required: true)
        .Takes("fileName", "How the bank called the file. Only letters, digits, dots, dashes and underscores are kept, at most 120; a name is made from the contents when absent.");

    private static async Task<IResult> HandleAsync(HttpRequest request, Caller caller, Database database, IAmazonS3 s3, StatementBuckets buckets, CancellationToken ct, string? bankProfile = null, string? fileName = null)
    {
        if (!Id.TryParse<BankProfileId>(bankProfile, out var profile)) return Reply.Refused(Bad("bankProfile", "invalid", "Not the id of a bank profile (bp_…)."));
        var organization = await Organizations.OrganizationOfAsync(database, caller.Tenant, ct);
        if (await database.FirstAsync(caller.Tenant, BankAccountSql.FindProfile, [profile.Value], row => row.GetString(1), ct) is null)
            return Reply.Refused(Bad("bankProfile", "unknown", "No such bank profile."));

        // A Lambda behind an API receives at most 6 MB; larger files are dropped in the bucket.
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, ct);
        if (buffer.Length == 0) return Reply.Refused(Bad("body", "empty", "The body is the file."));
        var name = SafeName(fileName) ?? Convert.ToHexStringLower(SHA256.HashData(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)))[..16];
        var key = $"statements/{organization}/{profile}/{name}";
        buffer.Position = 0;
        await s3.PutObjectAsync(new PutObjectRequest { BucketName = buckets.Inbox, Key = key, InputStream = buffer, AutoCloseStream = false }, ct);
        // The object is no row of ours, so there is no transaction to be part of. What was uploaded and not recorded is still seen when it is registered.
        await AuditLog.RecordAloneAsync(database, caller.Tenant, caller.Actor, AuditActions.StatementUploaded, key, [Change.Set("bytes", buffer.Length.ToString())], ct);
        return Reply.Ok(new UploadView(key, buffer.Length), StatementsJson.Default.UploadView, status: StatusCodes.Status202Accepted);
    }

    /// <summary>Only what cannot leave its folder or confuse a log.</summary>
    private static string? SafeName(string? name)
    {
        if (name is null) return null;
        var kept = new string([.. name.Where(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_')]).TrimStart('.');
        return kept.Length is 0 ? null : kept[..Math.Min(kept.Length, 120)];
    }

    private static Problem Bad(string field, string code, string message) => new(Errors.InvalidRequest, "Some values cannot be accepted.", [new(field, code, message)]);
}
