using System.Text;
using Modupay.Data;
using Modupay.Http;
using Modupay.Tenancy;
using Modupay.Tenancy.Endpoints;

namespace Modupay.DatabaseTests;

/// <summary>One key, one effect, one answer: whatever comes twice, at once, or broken off.</summary>
public sealed class IdempotencyTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private static readonly byte[] Request = "one request"u8.ToArray();

    [Fact]
    public async Task A_repeated_request_hears_the_first_answer_even_where_the_work_would_be_refused_by_now()
    {
        var (tenant, organization) = await MadeAsync();
        var first = await OnceAsync(tenant, "k", unit => AddAsync(unit, organization, "A"));
        Assert.False(first.Value.Replayed);
        var again = await OnceAsync(tenant, "k", _ => Task.FromResult<Result<DepartmentView>>(new Problem(Errors.Forbidden, "Too late.")));
        Assert.True(again.Value.Replayed);
        Assert.Equal(Encoding.UTF8.GetString(first.Value.Data), Encoding.UTF8.GetString(again.Value.Data));
        Assert.Equal(1, await CountAsync(organization));
    }

    [Fact]
    public async Task While_a_request_runs_another_with_its_key_does_nothing_and_does_not_wait()
    {
        var (tenant, organization) = await MadeAsync();
        var (begun, done) = (new TaskCompletionSource(), new TaskCompletionSource());
        var first = OnceAsync(tenant, "k", async unit =>
        {
            var added = await AddAsync(unit, organization, "A");
            begun.SetResult();
            await done.Task;
            return added;
        });
        await begun.Task;
        Assert.Equal(Errors.IdempotencyInProgress, (await OnceAsync(tenant, "k", unit => AddAsync(unit, organization, "B"))).Problem?.Error);
        // The same key of somebody else is another key.
        var (other, others) = await MadeAsync();
        Assert.Null((await OnceAsync(other, "k", unit => AddAsync(unit, others, "A"))).Problem);
        done.SetResult();
        Assert.Null((await first).Problem);
        Assert.True((await OnceAsync(tenant, "k", unit => AddAsync(unit, organization, "B"))).Value.Replayed);
        Assert.Equal(1, await CountAsync(organization));
    }

    [Fact]
    public async Task Of_many_requests_with_one_key_at_once_one_has_an_effect()
    {
        var (tenant, organization) = await MadeAsync();
        // Many rounds: the window between one request's commit and the next one's look is short, and ten rounds rarely meet it.
        for (var round = 1; round <= 200; round++)
        {
            var key = $"k{round}";
            var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => OnceAsync(tenant, key, unit => AddAsync(unit, organization, $"{key}-{i}"))));
            Assert.Single(answers, answer => answer.Problem is null && !answer.Value.Replayed);
            Assert.All(answers.Where(answer => answer.Problem is not null), answer => Assert.Equal(Errors.IdempotencyInProgress, answer.Problem!.Error));
            Assert.Single(answers.Where(answer => answer.Problem is null).Select(answer => Encoding.UTF8.GetString(answer.Value.Data)).Distinct(StringComparer.Ordinal));
            Assert.Equal(round, await CountAsync(organization));
        }
    }

    [Fact]
    public async Task A_refusal_and_a_failure_leave_the_key_free_and_another_request_under_it_is_refused()
    {
        var (tenant, organization) = await MadeAsync();
        Assert.Equal(Errors.Forbidden, (await OnceAsync(tenant, "k", async unit =>
        {
            await AddAsync(unit, organization, "A");
            return new Problem(Errors.Forbidden, "Not now.");
        })).Problem?.Error);
        await Assert.ThrowsAsync<TimeoutException>(() => OnceAsync(tenant, "k", async unit =>
        {
            await AddAsync(unit, organization, "A");
            throw new TimeoutException();
        }));
        Assert.Equal(0, await CountAsync(organization));
        Assert.False((await OnceAsync(tenant, "k", unit => AddAsync(unit, organization, "A"))).Value.Replayed);
        Assert.Equal(Errors.IdempotencyKeyReused, (await OnceAsync(tenant, "k", unit => AddAsync(unit, organization, "B"), "another request"u8.ToArray())).Problem?.Error);
        Assert.Equal(1, await CountAsync(organization));
    }

    private async Task<(TenantId Tenant, OrganizationId Organization)> MadeAsync()
    {
        var made = await Organizations.CreateAsync(database.App, "Once", live: false, default);
        return (made.Tenant, made.Id);
    }

    private Task<Result<StoredAnswer>> OnceAsync(TenantId tenant, string key, Func<UnitOfWork, Task<Result<DepartmentView>>> work, byte[]? fingerprint = null) =>
        database.App.OnceStoredAsync(tenant, new IdempotencyKey(key), fingerprint ?? Request, 201, TenancyJson.Default.DepartmentView, work, default);

    private static async Task<Result<DepartmentView>> AddAsync(UnitOfWork unit, OrganizationId organization, string code)
    {
        var id = Id.New<DepartmentId>(unit.Time);
        await unit.ExecuteAsync(DepartmentSql.Insert, [id.Value, organization.Value, "Department", code, unit.Now], default);
        return new DepartmentView(id.ToString(), "Department", code, unit.Now, null);
    }

    private Task<long> CountAsync(OrganizationId organization) => database.ScalarAsync<long>($"select count(*) from tenancy.departments where organization_id = '{organization.Value}'");
}
