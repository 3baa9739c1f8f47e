using System.Reflection;
using Npgsql;

namespace Modupay.DatabaseTests.Schema;

public sealed class SqlConstantsTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    [Fact]
    public async Task Every_statement_of_the_product_is_understood_by_the_migrated_schema()
    {
        var statements = Statements().ToList();
        Assert.True(statements.Count > 40, $"Only {statements.Count} statements were found.");
        var wrong = new List<string>();
        foreach (var (name, sql) in statements)
            if (await ComplaintAsync(sql) is { } complaint) wrong.Add($"{name}: {complaint}");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task A_column_that_is_not_there_is_seen() => Assert.Contains("does not exist", await ComplaintAsync("select nothing_of_the_kind from ledger.accounts"));

    /// <summary>Constants of classes named …Sql. Private ones are pieces of the others.</summary>
    private static IEnumerable<(string Name, string Sql)> Statements() =>
        from type in typeof(Database).Assembly.GetTypes()
        where type.Name.EndsWith("Sql", StringComparison.Ordinal)
        from field in type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
        where field is { IsLiteral: true, IsPrivate: false } && field.FieldType == typeof(string)
        select ($"{type.Name}.{field.Name}", (string)field.GetRawConstantValue()!);

    private async Task<string?> ComplaintAsync(string sql)
    {
        try
        {
            await database.AsAsync("postgres", $"prepare statement as {sql}");
            return null;
        }
        catch (PostgresException exception)
        {
            return exception.MessageText;
        }
    }
}
