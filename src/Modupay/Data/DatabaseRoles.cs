using Npgsql;

namespace Modupay.Data;

/// <summary>A role that privileges are granted to, and how somebody logs in who has them: as the role itself or as its twin.</summary>
internal sealed record RoleLogin(string Role, DatabaseLogin Login);

/// <summary>
/// Roles belong to the server, not to the database, and their passwords to Secrets Manager: neither can stand in a migration file. Each role has a twin
/// that is a member of it and nothing else, so that the password of one is replaced while everybody is logged in as the other.
/// </summary>
internal static class DatabaseRoles
{
    public const string Prefix = "modupay_";
    public const string Owner = Prefix + "owner";
    private const string TwinSuffix = "_b";

    // DDL takes no parameters, so the server quotes the values for us. A new role has no privileges unless it is given some.
    private const string EnsureRole = "select case when exists (select from pg_roles where rolname = $1) then null else format('create role %I with login', $1) end";

    // PostgreSQL refuses, in words nobody expects, to let two change one role at once.
    private const string OneAtATime = "select pg_advisory_xact_lock(hashtextextended('modupay.roles', 0))";

    private const string EnsureTwin = "select case when exists (select from pg_roles where rolname = $1) then null else format('create role %I with login in role %I', $1, $2) end";

    private const string MayAct = "select rolcanlogin and pg_has_role(rolname, $2, 'usage') from pg_roles where rolname = $1";

    // Without "login": a role may change its own password and nothing else of itself.
    private const string SetPassword = "select format('alter role %I password %L', $1, $2)";

    /// <summary>The one of the two that nobody logs in as today.</summary>
    public static string Other(string username) => RoleOf(username) is var role && role != username ? role : username + TwinSuffix;

    /// <summary>The role whose rights somebody has who logs in under this name.</summary>
    public static string RoleOf(string username) => username.EndsWith(TwinSuffix, StringComparison.Ordinal) ? username[..^TwinSuffix.Length] : username;

    public static async Task<bool> MayActAsync(NpgsqlConnection owner, RoleLogin login, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(MayAct, owner) { Parameters = { new() { Value = login.Login.Username }, new() { Value = login.Role } } };
        return await command.ExecuteScalarAsync(ct) is true;
    }

    /// <summary>Makes the role, and lets this login in with this password. Of two who do so at once in transactions of one database, one waits for the other.</summary>
    public static async Task EnsureAsync(NpgsqlConnection owner, RoleLogin login, CancellationToken ct)
    {
        await using (var turn = new NpgsqlCommand(OneAtATime, owner)) await turn.ExecuteNonQueryAsync(ct);
        await RunAsync(owner, EnsureRole, [login.Role], ct);
        if (login.Login.Username != login.Role) await RunAsync(owner, EnsureTwin, [login.Login.Username, login.Role], ct);
        await SetPasswordAsync(owner, login.Login, ct);
    }

    public static Task SetPasswordAsync(NpgsqlConnection connection, DatabaseLogin login, CancellationToken ct) => RunAsync(connection, SetPassword, [login.Username, login.Password], ct);

    private static async Task RunAsync(NpgsqlConnection connection, string write, string[] parameters, CancellationToken ct)
    {
        await using var written = new NpgsqlCommand(write, connection);
        foreach (var parameter in parameters) written.Parameters.Add(new() { Value = parameter });
        if (await written.ExecuteScalarAsync(ct) is not string statement) return;
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}
