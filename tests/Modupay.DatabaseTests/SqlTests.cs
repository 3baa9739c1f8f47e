using System.Reflection;
using Npgsql;

namespace Modupay.DatabaseTests;

/// <summary>SQL is text until something runs it; here PostgreSQL reads every statement against the migrated schema.</summary>
public sealed class SqlTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    public static TheoryData<string> Statements => [.. All().Keys.Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Statements))]
    public async Task Every_statement_fits_the_schema(string name)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var prepare = new NpgsqlCommand($"prepare statement as {All()[name]}", connection);
        await prepare.ExecuteNonQueryAsync();

        await using var known = new NpgsqlCommand("select count(*) from pg_prepared_statements where name = 'statement'", connection);
        Assert.Equal(1L, await known.ExecuteScalarAsync());
    }

    /// <summary>The constants of every class named …Sql; what is private is a part of another statement.</summary>
    private static Dictionary<string, string> All() => typeof(Database).Assembly.GetTypes()
        .Where(type => type.Name.EndsWith("Sql", StringComparison.Ordinal))
        .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
        .Where(field => field is { IsLiteral: true, IsPrivate: false } && field.FieldType == typeof(string))
        .ToDictionary(field => $"{field.DeclaringType!.FullName}.{field.Name}", field => (string)field.GetRawConstantValue()!, StringComparer.Ordinal);
}
