using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Modupay.Data;

/// <summary>One numbered SQL file. Files are part of the assembly, so a deployed version always carries its own history.</summary>
internal sealed record Migration(int Number, string Name, string Sql)
{
    private const string Prefix = "migrations/";

    /// <summary>Line ends do not count: a checkout on Windows must not look like an edited history.</summary>
    public string Sha256 { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n"))));

    public static IReadOnlyList<Migration> All { get; } = Load();

    private static Migration[] Load()
    {
        var assembly = typeof(Migration).Assembly;
        return [.. assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(resource =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            var name = resource[Prefix.Length..^".sql".Length];
            return new Migration(int.Parse(name.AsSpan(0, 4)), name, reader.ReadToEnd());
        }).OrderBy(migration => migration.Number)];
    }
}

/// <summary>Brings a database to this version: forward only, one process at a time, and never over an edited history.</summary>
internal sealed class Migrator(NpgsqlDataSource owner, TimeProvider time)
{
    /// <summary>Any constant will do; it only has to be the same in every version.</summary>
    private const long Lock = 0x6d6f647570617921;

    private const string Prepare = """
        create schema if not exists platform;
        create table if not exists platform.migrations (
            number integer primary key,
            name text not null,
            sha256 text not null,
            applied_at timestamptz not null
        )
        """;

    private const string Record = "insert into platform.migrations (number, name, sha256, applied_at) values ($1, $2, $3, $4)";

    /// <returns>The names of the migrations that were applied now.</returns>
    public async Task<IReadOnlyList<string>> MigrateAsync(IReadOnlyList<Migration> migrations, IReadOnlyList<RoleLogin> logins, CancellationToken ct)
    {
        await using var connection = await owner.OpenConnectionAsync(ct);
        await ExecuteAsync(connection, $"select pg_advisory_lock({Lock})", ct);
        try
        {
            foreach (var login in logins) await DatabaseRoles.EnsureAsync(connection, login, ct);
            await ExecuteAsync(connection, Prepare, ct);
            var applied = await AppliedAsync(connection, ct);
            GuardHistory(migrations, applied);

            var names = new List<string>();
            foreach (var migration in migrations.Where(migration => !applied.ContainsKey(migration.Number)))
            {
                await ApplyAsync(connection, migration, ct);
                names.Add(migration.Name);
            }
            return names;
        }
        finally
        {
            await ExecuteAsync(connection, $"select pg_advisory_unlock({Lock})", CancellationToken.None);
        }
    }

    private static void GuardHistory(IReadOnlyList<Migration> migrations, Dictionary<int, string> applied)
    {
        foreach (var (number, sha256) in applied)
        {
            var ours = migrations.FirstOrDefault(migration => migration.Number == number)
                ?? throw new MigrationException($"The database has migration {number:0000}, which this version does not know. Deploy the version that made it.");
            if (ours.Sha256 != sha256)
                throw new MigrationException($"Migration {ours.Name} was applied with other contents. History is never edited: restore the file and write a new migration.");
        }
    }

    private async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        try
        {
            await ExecuteAsync(connection, migration.Sql, ct);
        }
        catch (PostgresException exception)
        {
            throw new MigrationException($"Migration {migration.Name} failed: {exception.MessageText}", exception);
        }
        await using var record = new NpgsqlCommand(Record, connection)
        {
            Parameters = { new() { Value = migration.Number }, new() { Value = migration.Name }, new() { Value = migration.Sha256 }, new() { Value = time.GetUtcNow() } },
        };
        await record.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
    }

    private static async Task<Dictionary<int, string>> AppliedAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select number, sha256 from platform.migrations", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var applied = new Dictionary<int, string>();
        while (await reader.ReadAsync(ct)) applied.Add(reader.GetInt32(0), reader.GetString(1));
        return applied;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}

internal sealed class MigrationException(string message, Exception? inner = null) : Exception(message, inner);
