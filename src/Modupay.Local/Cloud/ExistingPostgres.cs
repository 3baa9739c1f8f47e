using System.Web;
using Npgsql;

namespace Modupay.Local.Cloud;

/// <summary>A server that is already there, named by <c>DATABASE_URL=postgres://user:password@host:port/database?sslmode=…</c>. We leave it running.</summary>
internal sealed class ExistingPostgres : PostgresServer
{
    private ExistingPostgres(NpgsqlConnectionStringBuilder administrator) : base(administrator) { }

    public static async Task<ExistingPostgres> ConnectAsync(string url, CancellationToken ct)
    {
        var administrator = Parse(url);
        try
        {
            await using var connection = new NpgsqlConnection(administrator.ConnectionString);
            await connection.OpenAsync(ct);
            if (connection.PostgreSqlVersion.Major < 18)
                throw new CannotStartException($"Modupay needs PostgreSQL 18 or newer; DATABASE_URL names a server of version {connection.PostgreSqlVersion}.");
        }
        catch (NpgsqlException failure)
        {
            throw new CannotStartException($"The database server of DATABASE_URL ({administrator.Host}:{administrator.Port}) cannot be used: {failure.Message}", failure);
        }

        return new(administrator);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal static NpgsqlConnectionStringBuilder Parse(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("postgres" or "postgresql") || uri.Host.Length == 0)
            throw new CannotStartException("DATABASE_URL must look like postgres://user:password@host:5432/database.");

        var credentials = uri.UserInfo.Split(':', 2);
        var query = HttpUtility.ParseQueryString(uri.Query);
        if (query.AllKeys.FirstOrDefault(name => name is not "sslmode") is { } unknown)
            throw new CannotStartException($"DATABASE_URL: the parameter {unknown} is not understood; only sslmode is.");

        var administrator = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host.Trim('[', ']'),
            Port = uri.Port < 0 ? 5432 : uri.Port,
            Username = credentials[0].Length == 0 ? "postgres" : Uri.UnescapeDataString(credentials[0]),
            Database = uri.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(uri.AbsolutePath[1..]) : "postgres",
        };
        if (credentials.Length == 2) administrator.Password = Uri.UnescapeDataString(credentials[1]);
        administrator.SslMode = query["sslmode"] switch
        {
            null or "prefer" => SslMode.Prefer,
            "disable" => SslMode.Disable,
            "allow" => SslMode.Allow,
            "require" => SslMode.Require,
            "verify-ca" => SslMode.VerifyCA,
            "verify-full" => SslMode.VerifyFull,
            var mode => throw new CannotStartException($"DATABASE_URL: sslmode={mode} is not one of disable, allow, prefer, require, verify-ca, verify-full."),
        };
        return administrator;
    }
}
