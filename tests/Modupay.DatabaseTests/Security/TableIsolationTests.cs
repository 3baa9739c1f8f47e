using System.Globalization;
using Npgsql;

namespace Modupay.DatabaseTests.Security;

/// <summary>Somebody else's rows, asked for as the application's role in every table with an owner, whatever the setting says.</summary>
public sealed class TableIsolationTests(TwoTenants scene) : IClassFixture<TwoTenants>
{
    public static TheoryData<string?> Settings => new() { "stranger", null, "", " ", "not-a-uuid", "00000000-0000-0000-0000-000000000000", "' or true --" };

    [Fact]
    public async Task There_is_something_to_find_in_every_table()
    {
        Assert.True(scene.Tables.Count > 25, "The catalog was not read.");
        var empty = (await scene.VictimsChecksumsAsync()).Where(sum => sum.Value.StartsWith("0 ", StringComparison.Ordinal)).Select(sum => sum.Key);
        Assert.Empty(empty);
    }

    [Fact]
    public async Task The_application_sees_its_own_tenants_rows_so_that_seeing_nothing_means_something()
    {
        await using var app = await scene.OpenAsync("modupay_app");
        var blind = new List<string>();
        foreach (var table in scene.Tables)
        {
            var seen = await TwoTenants.TryAsync(app, scene.Victim.Tenant.Value.ToString(), $"select count(*) from {table.Name} where {table.OwnerColumn} = $1", scene.OwnerOf(table, scene.Victim));
            if (seen.Refused is not null || seen.First == "0") blind.Add(table.Name);
        }
        Assert.True(blind.Count < scene.Tables.Count / 4, $"The application sees nothing of its own in {string.Join(", ", blind)}.");
    }

    [Theory, MemberData(nameof(Settings))]
    public async Task Nothing_of_another_tenant_is_read_changed_deleted_or_written(string? setting)
    {
        var before = await scene.VictimsChecksumsAsync();
        var tenant = setting == "stranger" ? scene.Stranger.Tenant.Value.ToString() : setting;
        await using var app = await scene.OpenAsync("modupay_app");
        await using var superuser = await scene.OpenAsync("postgres");
        var leaks = new List<string>();
        foreach (var table in scene.Tables)
        {
            var (victim, stranger) = (scene.OwnerOf(table, scene.Victim), scene.OwnerOf(table, scene.Stranger));
            var changeable = await TwoTenants.ListAsync(superuser, """
                select quote_ident(attname) from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''
                    and has_column_privilege('modupay_app', attrelid, attname, 'update') order by attname = $2 desc, attnum
                """, table.Name, table.OwnerColumn);
            var column = changeable.FirstOrDefault(table.OwnerColumn);
            var row = (await TwoTenants.ListAsync(superuser, $"select to_json(owned)::text from {table.Name} owned where {table.OwnerColumn} = $1 limit 1", victim))[0];
            var writable = string.Join(", ", await TwoTenants.ListAsync(superuser,
                "select quote_ident(attname) from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''", table.Name));

            await ExpectNothingAsync("select", $"select count(*) from {table.Name} where {table.OwnerColumn} = $1", victim);
            await ExpectNothingAsync("select behind a sub-select", $"select count(*) from (select * from {table.Name}) as rows where {table.OwnerColumn} = $1", victim);
            await ExpectNothingAsync("select for update", $"select count(*) from (select 1 from {table.Name} where {table.OwnerColumn} = $1 for update) as rows", victim);
            await ExpectNothingAsync("update", $"update {table.Name} set {column} = {column} where {table.OwnerColumn} = $1", victim);
            await ExpectNothingAsync("update of everything", $"with changed as (update {table.Name} set {column} = {column} returning {table.OwnerColumn}) select count(*) from changed where {table.OwnerColumn} = $1", victim);
            await ExpectNothingAsync("delete", $"delete from {table.Name} where {table.OwnerColumn} = $1", victim);
            await ExpectRefusedAsync("insert", $"insert into {table.Name} ({writable}) select {writable} from json_populate_record(null::{table.Name}, $1::json)", row);
            await ExpectRefusedAsync("truncate", $"truncate {table.Name}");
            if (tenant == scene.Stranger.Tenant.Value.ToString() && changeable.Contains(table.OwnerColumn))
                await ExpectRefusedAsync("give away", $"update {table.Name} set {table.OwnerColumn} = $1 where {table.OwnerColumn} = $2", victim, stranger);

            async Task ExpectNothingAsync(string what, string sql, params object[] parameters)
            {
                var outcome = await TwoTenants.TryAsync(app, tenant, sql, parameters);
                var nothing = outcome.Refused is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidTextRepresentation
                    || outcome is { Refused: null, Rows: <= 0, First: "" or "0" };
                if (!nothing) leaks.Add($"{table.Name}: {what} as '{setting}': {outcome}");
            }

            async Task ExpectRefusedAsync(string what, string sql, params object[] parameters)
            {
                var outcome = await TwoTenants.TryAsync(app, tenant, sql, parameters);
                if (outcome.Refused is not (PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidTextRepresentation)) leaks.Add($"{table.Name}: {what} as '{setting}': {outcome}");
            }
        }
        Assert.Empty(leaks);
        Assert.Equal(before, await scene.VictimsChecksumsAsync());
    }

    [Fact]
    public async Task A_copy_of_a_table_has_only_the_own_rows()
    {
        await using var app = await scene.OpenAsync("modupay_app");
        await TwoTenants.RunAsync(app, $"set app.tenant = '{scene.Stranger.Tenant.Value}'");
        var copied = 0;
        foreach (var table in scene.Tables)
        {
            try
            {
                using var reader = await app.BeginTextExportAsync($"copy {table.Name} to stdout");
                var text = await reader.ReadToEndAsync();
                Assert.DoesNotContain(scene.OwnerOf(table, scene.Victim).ToString(), text, StringComparison.OrdinalIgnoreCase);
                if (text.Length > 0) copied++;
            }
            catch (PostgresException refused)
            {
                Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
            }
        }
        Assert.True(copied > scene.Tables.Count / 2, copied.ToString(CultureInfo.InvariantCulture));

        foreach (var table in scene.Tables)
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(async () =>
            {
                await using var writer = await app.BeginTextImportAsync($"copy {table.Name} from stdin");
                await writer.WriteAsync("\n");
            });
            // What has row-level security is not written by copy at all.
            Assert.True(refused.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.FeatureNotSupported, refused.Message);
        }
    }

    [Fact]
    public async Task Naming_departments_widens_nothing()
    {
        await using var app = await scene.OpenAsync("modupay_app");
        await using var superuser = await scene.OpenAsync("postgres");
        var departments = string.Join(',', await TwoTenants.ListAsync(superuser, "select department_id::text from tenancy.departments"));
        await TwoTenants.RunAsync(app, $"set app.departments = '{departments}'");
        foreach (var table in scene.Tables)
        {
            var seen = await TwoTenants.TryAsync(app, scene.Stranger.Tenant.Value.ToString(), $"select count(*) from {table.Name} where {table.OwnerColumn} = $1", scene.OwnerOf(table, scene.Victim));
            Assert.True(seen.Refused == PostgresErrorCodes.InsufficientPrivilege || seen.First == "0", $"{table.Name}: {seen}");
        }
    }
}
