using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Amazon.Runtime;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Aws;
using Modupay.Banking.Statements;
using Modupay.Banking.Statements.PickUp;
using Modupay.Local.Cloud;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.Banking.Statements;

/// <summary>The steps of the pick-up, over the wire of a transfer service whose bank is ours to script.</summary>
public sealed class PickUpTests : IAsyncLifetime
{
    private const string Connector = "c-0123456789abcdef0";

    private readonly ManualTime _clock = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly ScriptedBank _bank = new();
    private StatementScene _scene = null!;
    private TransferStandIn _transfer = null!;
    private AwsJsonClient _client = null!;
    private PickUpStatements _job = null!;

    public async Task InitializeAsync()
    {
        _scene = await StatementScene.StartAsync();
        _transfer = await StartTransferAsync();
        Connect();
        await DefineAsync(_scene.Tenant, _scene.Bank.Value);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _transfer.DisposeAsync();
        await _scene.DisposeAsync();
    }

    [Fact]
    public async Task A_file_is_listed_by_one_run_and_fetched_by_the_next()
    {
        _bank.Offer("a.sta", "one");

        await RunAsync();
        Assert.Empty(await FilesAsync());
        await RunAsync();

        Assert.Equal(["a.sta"], await FilesAsync());
        Assert.Equal(["/out/a.sta asked 1"], await RowsAsync());
        await RunAsync();
        Assert.Equal(["/out/a.sta fetched 1"], await RowsAsync());
    }

    [Fact]
    public async Task What_was_fetched_is_not_fetched_again()
    {
        _bank.Offer("a.sta", "one");

        for (var run = 0; run < 5; run++) await RunAsync();

        Assert.Equal(["/out/a.sta"], _bank.Read);
    }

    [Fact]
    public async Task A_file_that_changes_is_fetched_again()
    {
        _bank.Offer("a.sta", "half");
        for (var run = 0; run < 3; run++) await RunAsync();
        _bank.Offer("a.sta", "half and the rest");
        for (var run = 0; run < 3; run++) await RunAsync();

        Assert.Equal(["/out/a.sta", "/out/a.sta"], _bank.Read);
        Assert.Equal("half and the rest", await TextAsync("a.sta"));
    }

    [Fact]
    public async Task Only_files_of_the_folder_that_the_pattern_means_are_fetched()
    {
        foreach (var name in new[] { "a.sta", "a.txt", ".hidden.sta", "new\nline.sta", "back\\slash.sta" }) _bank.Offer(name, "x");

        for (var run = 0; run < 3; run++) await RunAsync();

        Assert.Equal(["/out/a.sta"], _bank.Read);
    }

    [Fact]
    public async Task Runs_side_by_side_fetch_each_file_once()
    {
        for (var file = 0; file < 35; file++) _bank.Offer($"{file:00}.sta", $"file {file}");

        for (var round = 0; round < 4; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _job.RunAsync(_scene.Tenant, CancellationToken.None)));
            await _transfer.SettledAsync();
        }

        Assert.Equal(35, _bank.Read.Count);
        Assert.Equal(35, _bank.Read.Distinct().Count());
        Assert.Equal(35, (await RowsAsync()).Count(row => row.EndsWith("fetched 1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_run_that_dies_between_claiming_and_asking_is_made_good_later()
    {
        _bank.Offer("a.sta", "one");
        await RunAsync();
        using (var deaf = new AwsJsonClient(Service, Config("http://127.0.0.1:1")))
            await Assert.ThrowsAsync<AggregateException>(() => JobOver(deaf).RunAsync(_scene.Tenant, CancellationToken.None));
        Assert.Equal(["/out/a.sta asked 1"], await RowsAsync());

        await RunAsync();
        Assert.Empty(_bank.Read);
        _clock.Advance(TimeSpan.FromMinutes(11));
        await RunAsync();

        Assert.Equal(["/out/a.sta"], _bank.Read);
    }

    [Fact]
    public async Task A_listing_that_never_comes_is_asked_for_again()
    {
        _bank.Broken = true;
        await RunAsync();
        _bank.Broken = false;
        _bank.Offer("a.sta", "one");
        await RunAsync();
        await RunAsync();
        Assert.Empty(await RowsAsync());

        _clock.Advance(TimeSpan.FromMinutes(61));
        await RunAsync();
        await RunAsync();

        Assert.Equal(["/out/a.sta asked 1"], await RowsAsync());
    }

    [Fact]
    public async Task A_file_that_cannot_be_fetched_is_given_up_after_five_times()
    {
        _bank.Offer("a.sta", "one");
        _bank.Withheld = "/out/a.sta";

        for (var run = 0; run < 12; run++) await RunAsync();

        Assert.Equal(["/out/a.sta failed 5"], await RowsAsync());
        Assert.Equal(5, _bank.Read.Count);
    }

    [Fact]
    public async Task A_transfer_that_the_service_has_forgotten_is_begun_again()
    {
        _bank.Offer("a.sta", "one");
        await RunAsync();
        await RunAsync();
        await _transfer.DisposeAsync();
        _transfer = await StartTransferAsync();
        _client.Dispose();
        Connect();

        await RunAsync();
        await RunAsync();

        Assert.Equal(["/out/a.sta fetched 2"], await RowsAsync());
    }

    [Fact]
    public async Task A_connector_belongs_to_who_named_it_first()
    {
        var other = await _scene.Fresh.TenantAsync();
        var bank = Id.New<BankProfileId>(TimeProvider.System);
        await _scene.Fresh.App.ExecuteAsync(other, Modupay.Banking.Accounts.BankAccountSql.InsertProfile, [bank.Value, other.Value, "Other", "TESTDEFF", new[] { "local" }, "generic", _clock.GetUtcNow()], default);

        Assert.Equal(0, await DefineAsync(other, bank.Value));
    }

    [Fact]
    public async Task Only_tenants_with_a_pick_up_are_due()
    {
        await _scene.Fresh.TenantAsync();

        var due = new List<TenantId>();
        await foreach (var tenant in PickUpStatements.DueAsync(_scene.Fresh.Relay, CancellationToken.None)) due.Add(tenant);

        Assert.Equal([_scene.Tenant], due);
    }

    [Theory]
    [InlineData("c-0123456789abcdef0", "/out", "*.sta", "")]
    [InlineData("c-0123456789abcdef0", "/", "*", "")]
    [InlineData("c-0123456789abcdef0\n", "/out", "*", "connectorId")]
    [InlineData("c-0123456789ABCDEF0", "/out", "*", "connectorId")]
    [InlineData("c-0123456789abcdef0", "out", "*", "remoteDirectory")]
    [InlineData("c-0123456789abcdef0", "/out/../secret", "*", "remoteDirectory")]
    [InlineData("c-0123456789abcdef0", "/out/", "*", "remoteDirectory")]
    [InlineData("c-0123456789abcdef0", "/out//in", "*", "remoteDirectory")]
    [InlineData("c-0123456789abcdef0", "/out", "../*", "filePattern")]
    [InlineData("c-0123456789abcdef0", "/out", "", "filePattern")]
    public void What_leaves_its_folder_is_refused(string connector, string folder, string pattern, string refused) =>
        Assert.Equal(refused, string.Join(' ', PickUpEndpoints.Validate(new(connector, folder, pattern)).Select(problem => problem.Field)));

    private static Modupay.Aws.AwsJsonService Service => Modupay.Aws.AwsJsonService.Transfer;

    private static AwsJsonConfig Config(string url) => new(Service)
    {
        ServiceURL = url,
        AuthenticationRegion = "eu-central-1",
        DefaultAWSCredentials = new BasicAWSCredentials("local", "local"),
        MaxErrorRetry = 0,
    };

    private void Connect() => _job = JobOver(_client = new AwsJsonClient(Service, Config(_transfer.Url)));

    private PickUpStatements JobOver(AwsJsonClient client) => new(_scene.Fresh.At(_clock), _scene.S3, new TransferClient(client), _scene.Buckets, NullLogger<PickUpStatements>.Instance);

    private Task<TransferStandIn> StartTransferAsync() => TransferStandIn.StartAsync(new TransferOptions
    {
        Connectors = new Dictionary<string, IRemoteFiles>(StringComparer.Ordinal) { [Connector] = _bank },
        PutAsync = (bucket, key, content, ct) => _scene.S3.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = key, InputStream = new MemoryStream(content) }, ct),
    }, CancellationToken.None);

    private Task<int> DefineAsync(TenantId tenant, Guid bank) =>
        _scene.Fresh.App.ExecuteAsync(tenant, PickUpSql.Insert, [bank, tenant.Value, Connector, "/out", "*.sta", true, _clock.GetUtcNow()], default);

    private async Task RunAsync()
    {
        await _job.RunAsync(_scene.Tenant, CancellationToken.None);
        await _transfer.SettledAsync();
    }

    private Task<List<string>> RowsAsync() => _scene.Fresh.LinesAsync("select path || ' ' || state || ' ' || attempts from banking.statement_pick_up_files order by 1");

    private async Task<List<string>> FilesAsync() =>
        [.. ((await _scene.S3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "inbox", Prefix = _scene.Key("") })).S3Objects ?? []).Select(found => found.Key[_scene.Key("").Length..])];

    private async Task<string> TextAsync(string name)
    {
        using var response = await _scene.S3.GetObjectAsync("inbox", _scene.Key(name));
        return await new StreamReader(response.ResponseStream).ReadToEndAsync();
    }

    private sealed class ScriptedBank : IRemoteFiles
    {
        private readonly ConcurrentDictionary<string, string> _files = new(StringComparer.Ordinal);
        private readonly ConcurrentQueue<string> _read = new();

        public bool Broken { get; set; }
        public string? Withheld { get; set; }
        public IReadOnlyList<string> Read => [.. _read];

        public void Offer(string name, string content) => _files[name] = content;

        public Task<IReadOnlyList<RemoteFile>> ListAsync(string folder, CancellationToken ct) => Broken
            ? throw new IOException("The bank has closed.")
            : Task.FromResult<IReadOnlyList<RemoteFile>>([new("archive.sta", IsFolder: true, 0, At), .. _files.Select(file => new RemoteFile(file.Key, IsFolder: false, file.Value.Length, At))]);

        public Task<byte[]> ReadAsync(string path, CancellationToken ct)
        {
            _read.Enqueue(path);
            return path == Withheld ? throw new FileNotFoundException(path) : Task.FromResult(Encoding.UTF8.GetBytes(_files[path[(path.LastIndexOf('/') + 1)..]]));
        }

        private const string At = "2026-03-02T06:00:00Z";
    }
}
