using Modupay.Local;
using Modupay.Local.Verbs;
using Npgsql;

namespace Modupay.JourneyTests.Journeys;

/// <summary>The verb for whoever has the database and not a key.</summary>
public sealed class AuditVerifyTests
{
    [Fact]
    public async Task The_exit_code_says_whether_somebody_was_at_the_log_behind_its_back()
    {
        var folder = Directory.CreateTempSubdirectory("modupay-audit-");
        File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_101_101);
        try
        {
            await using (var cloud = await StartAsync(folder.FullName)) await DemoOrganization.EnsureAsync(cloud, default);
            Assert.Equal(0, await Verb.RunAsync(["audit", "verify", "--data", folder.FullName, "--json"], default));

            await using (var cloud = await StartAsync(folder.FullName))
            {
                await using var superuser = NpgsqlDataSource.Create(cloud.Postgres.ConnectionString("modupay"));
                await using var tamper = superuser.CreateCommand("set session_replication_role = replica; update audit.entries set actor_id = 'key_nobody' where sequence = 2");
                Assert.True(await tamper.ExecuteNonQueryAsync() > 0);
            }
            Assert.Equal(2, await Verb.RunAsync(["audit", "verify", "--data", folder.FullName], default));
            Assert.Equal(64, await Verb.RunAsync(["audit", "verify", "--head", "1:00"], default));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<LocalCloud> StartAsync(string folder) => LocalCloud.StartAsync(new LocalCloudOptions { DataPath = folder, InProcess = true }, default);
}
