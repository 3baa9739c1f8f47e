using System.Text;
using Amazon.KeyManagementService;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Modupay.Banking;
using Modupay.Banking.Accounts;
using Modupay.Banking.Statements;
using Modupay.Formats;
using Modupay.Ledger;
using Modupay.Local.Cloud;
using Modupay.Reconciliation;
using Modupay.Tenancy;
using Modupay.Triggers;
using S3Bucket = Modupay.Triggers.S3Bucket;
using S3Object = Modupay.Triggers.S3Object;
using StatementFile = Modupay.Banking.Statements.StatementFile;

namespace Modupay.DatabaseTests.Banking.Statements;

/// <summary>One organization with one account at one bank, real object store and keys, and the states of the workflow in its order.</summary>
internal sealed class StatementScene : IAsyncDisposable
{
    public const string Iban = "DE89370400440532013000";

    private readonly TemporaryFolder _folder;
    private readonly FreshDatabase _fresh;
    private readonly KmsStandIn _kms;
    private readonly S3StandIn _store;
    private readonly FieldCipher _cipher;
    private readonly StatementBuckets _buckets = new(new Settings(new Dictionary<string, string>(StringComparer.Ordinal) { ["BUCKET_STATEMENT_INBOX"] = "inbox", ["BUCKET_STATEMENT_ARCHIVE"] = "archive" }));

    private StatementScene(TemporaryFolder folder, FreshDatabase fresh, KmsStandIn kms, S3StandIn store)
    {
        (_folder, _fresh, _kms, _store) = (folder, fresh, kms, store);
        S3 = new AmazonS3Client(new BasicAWSCredentials("local", "local"), new AmazonS3Config { ServiceURL = store.Url, AuthenticationRegion = "eu-central-1", ForcePathStyle = true });
        var keys = new AmazonKeyManagementServiceClient(new BasicAWSCredentials("local", "local"), new AmazonKeyManagementServiceConfig { ServiceURL = kms.Url, AuthenticationRegion = "eu-central-1" });
        _cipher = new FieldCipher(new DataKeys(fresh.App, keys, "alias/data"));
    }

    public IAmazonS3 S3 { get; }
    public FieldCipher Cipher => _cipher;
    public FreshDatabase Fresh => _fresh;
    public StatementBuckets Buckets => _buckets;
    public OrganizationWithKey Organization { get; private set; } = null!;
    public BankProfileId Bank { get; private set; }
    public TenantId Tenant => Organization.Tenant;

    /// <summary>How often parsing was asked to go on.</summary>
    public int Slices { get; private set; }

    /// <summary>How often taking in was asked to go on.</summary>
    public int TakenIn { get; private set; }

    public static async Task<StatementScene> StartAsync()
    {
        var folder = TemporaryFolder.Create();
        var kms = await KmsStandIn.StartAsync(new KmsOptions(folder.Path) { Keys = new Dictionary<string, string>(StringComparer.Ordinal) { ["alias/data"] = "SYMMETRIC_DEFAULT" } }, CancellationToken.None);
        var store = await S3StandIn.StartAsync(new ObjectStoreOptions(Path.Combine(folder.Path, "s3")) { Buckets = [new("inbox"), new("archive", WriteOnceYears: 7)], Created = (_, _) => Task.CompletedTask }, 0, CancellationToken.None);
        var scene = new StatementScene(folder, await FreshDatabase.CreateAsync(), kms, store);
        scene.Organization = await Organizations.CreateAsync(scene._fresh.App, "Commune de Test", live: false, CancellationToken.None);
        scene.Bank = Id.New<BankProfileId>(TimeProvider.System);
        var now = DateTimeOffset.UnixEpoch.AddYears(56);
        await scene._fresh.App.ExecuteAsync(scene.Tenant, BankAccountSql.InsertProfile, [scene.Bank.Value, scene.Tenant.Value, "Testbank", "TESTDEFF", new[] { "sepa_credit_transfer" }, "generic", now], default);
        await scene.OpenTreasuryAccountAsync(Iban);
        return scene;
    }

    public async Task OpenTreasuryAccountAsync(string iban)
    {
        var hash = await _cipher.LookUpHashAsync(Tenant, iban, default);
        await _fresh.App.ExecuteAsync(Tenant, BankAccountSql.InsertTreasuryAccount,
            [Id.New<TreasuryAccountId>(TimeProvider.System).Value, Tenant.Value, Bank.Value, "Main", "EUR", await _cipher.SealAsync(Tenant, TreasuryAccount.IbanField, iban, default),
             hash, BankAccounts.Mask(iban), 100_000_00L, false, null, _fresh.App.Time.GetUtcNow(), TreasuryAccount.Statement], default);
        await _fresh.App.TransactAsync<bool>(Tenant, async unit =>
        {
            await LedgerDoor.OpenAccountsAsync(unit, LedgerAccounts.Of((await BankAccounts.FindByIbanHashAsync(unit, hash, default))!), default);
            return true;
        }, default);
    }

    public Task DefineAsync(string definition) =>
        _fresh.App.ExecuteAsync(Tenant, BankDialectSql.Define, [Bank.Value, DialectProfile.Parse(Encoding.UTF8.GetBytes(definition)).Name, definition], default);

    public string Key(string name) => $"statements/{Organization.Id}/{Bank}/{name}";

    public Task PutAsync(string name, byte[] content) => S3.PutObjectAsync(new PutObjectRequest { BucketName = "inbox", Key = Key(name), InputStream = new MemoryStream(content) });

    /// <summary>A file arrives and goes through the workflow.</summary>
    public async Task<StatementFile> ArriveAsync(string name, byte[] content, int times = 1, SliceLimits? limits = null)
    {
        await PutAsync(name, content);
        return await RunAsync(Key(name), times, limits);
    }

    public async Task<StatementFile> RereadAsync(StatementFileId id, int times = 1)
    {
        await _fresh.App.ExecuteAsync(Tenant, StatementSql.AskForReading, [id.Value, _fresh.App.Time.GetUtcNow()], default);
        await PutAsync($".reread/{id}", "1"u8.ToArray());
        return await RunAsync(Key($".reread/{id}"), times, null);
    }

    /// <summary>What lies in the inbox under a name goes through the workflow.</summary>
    public Task<StatementFile> TakeUpAsync(string name) => RunAsync(Key(name), 1, null);

    /// <summary>The event of a file that lies in the inbox, which may come more than once.</summary>
    public Task<StatementProgress> RegisterAsync(string name) => new RegisterStatement(_fresh.App, S3, _buckets).RunAsync(Arrived(Key(name)), default);

    public Task<StatementProgress> ParseAsync(StatementProgress progress) => new ParseStatement(_fresh.App, S3, _cipher, _buckets).RunAsync(progress, default);

    /// <summary>What the workflow does when a file cannot be read.</summary>
    public Task QuarantineAsync(StatementProgress progress, LambdaError error) => new QuarantineStatement(_fresh.App, S3, _buckets).RunAsync(
        progress with { Failure = new StatementFailure(error.Type, $$"""{"errorMessage":"{{error.Message.Replace("\"", "'", StringComparison.Ordinal)}}"}""") }, default);

    /// <summary>The states after a file was read.</summary>
    public async Task<StatementFile> FinishAsync(StatementProgress progress)
    {
        progress = await new StoreStatement(_fresh.App).RunAsync(progress, default);
        progress = await new ReconcileStatement(_fresh.App, _cipher).RunAsync(progress, default);
        progress = await new ArchiveStatement(_fresh.App, S3, _buckets).RunAsync(progress, default);
        return await FileAsync(progress.FileId);
    }

    private static EventBridgeEvent<ObjectCreated> Arrived(string key) =>
        new("0", "1", "Object Created", "aws.s3", "000000000000", DateTimeOffset.UnixEpoch, "eu-central-1", [], new ObjectCreated("0", new S3Bucket("inbox"), new S3Object(key, 1)));

    /// <summary>The states in their order; with <paramref name="times"/> each is repeated, as after a function that died before it could answer.</summary>
    private async Task<StatementFile> RunAsync(string key, int times, SliceLimits? limits)
    {
        var progress = await RepeatAsync(times, () => new RegisterStatement(_fresh.App, S3, _buckets).RunAsync(Arrived(key), default));
        if (!progress.Duplicate)
        {
            try
            {
                Slices = 0;
                do
                {
                    Slices++;
                    progress = await RepeatAsync(times, () => new ParseStatement(_fresh.App, S3, _cipher, _buckets, limits).RunAsync(progress, default));
                }
                while (progress.Unfinished);
                progress = await RepeatAsync(times, () => new StoreStatement(_fresh.App).RunAsync(progress, default));
                TakenIn = 0;
                do
                {
                    TakenIn++;
                    progress = await RepeatAsync(times, () => new ReconcileStatement(_fresh.App, _cipher, limits?.Time).RunAsync(progress, default));
                }
                while (progress.Unfinished);
                progress = await RepeatAsync(times, () => new ArchiveStatement(_fresh.App, S3, _buckets).RunAsync(progress, default));
            }
            catch (LambdaError error) when (error.Type == "Statement.Unreadable")
            {
                for (var time = 0; time < times; time++) await QuarantineAsync(progress, error);
            }
        }
        return await FileAsync(progress.FileId);
    }

    public async Task<StatementFile> FileAsync(StatementFileId id) => (await _fresh.App.FirstAsync(Tenant, StatementSql.FindFile, [id.Value], StatementFile.Read, default))!;

    public Task<List<BankStatement>> StatementsAsync(StatementFile file) => _fresh.App.ListAsync(Tenant, StatementSql.StatementsOf, [file.Id.Value], BankStatement.Read, default);

    public Task<List<BankStatementLine>> LinesAsync(StatementFile file) => _fresh.App.ListAsync(Tenant, StatementSql.LinesOf, [file.Id.Value, Guid.Empty, 100_000, null], BankStatementLine.Read, default);

    public async Task<IReadOnlyList<(string Kind, string State)>> FindingsAsync() =>
        [.. (await _fresh.App.ListAsync(Tenant, FindingSql.List, [Guid.AllBitsSet, 100, null, null, null], StatementFinding.Read, default)).Select(finding => (finding.Kind, finding.State)).Order()];

    /// <summary>An MT940 statement of the account.</summary>
    public static byte[] Mt940(int number, DateOnly day, long opening, params long[] amounts) => Mt940Writer.Write([Statement(number, day, opening, amounts)]);

    public static Mt940Statement Statement(int number, DateOnly day, long opening, params long[] amounts) => new()
    {
        Reference = $"S{number}",
        Account = Iban,
        Sequence = number,
        Currency = "EUR",
        OpeningMinor = opening,
        OpeningDate = day,
        ClosingDate = day,
        Entries = [.. amounts.Select((amount, at) => new Mt940Entry
        {
            AmountMinor = amount, ValueDate = day, BookingDate = day, BusinessCode = "166", BookingText = "GUTSCHRIFT", BankReference = $"B{number}-{at}", EndToEndId = $"E-{number}-{at}",
            Remittance = $"Invoice {at}", CounterpartyName = "Anna Muster",
        })],
    };

    /// <summary>A report of noon about the account.</summary>
    public static byte[] Mt942(DateOnly day, params (string? Reference, long Minor)[] entries)
    {
        var text = new StringBuilder($":20:R\r\n:25:{Iban}\r\n:28C:1/1\r\n:34F:EUR0,\r\n:13D:{day:yyMMdd}1200+0100\r\n");
        foreach (var (reference, minor) in entries)
            text.Append($":61:{day:yyMMdd}{day:MMdd}{(minor < 0 ? 'D' : 'C')}{MinorUnits.Print(Math.Abs(minor), 2).Replace('.', ',')}NTRFNONREF{(reference is null ? "" : "//" + reference)}\r\n");
        return Encoding.ASCII.GetBytes(text.Append("-\r\n").ToString());
    }

    /// <summary>The same statement as a camt.053.</summary>
    public static byte[] Camt053(int number, DateOnly day, long opening, params long[] amounts)
    {
        var xml = new StringBuilder($"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId><CreDtTm>{day:yyyy-MM-dd}T20:00:00Z</CreDtTm></GrpHdr>")
            .Append($"<Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><Acct><Id><IBAN>{Iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>");
        foreach (var (type, minor) in (ReadOnlySpan<(string, long)>)[("OPBD", opening), ("CLBD", opening + amounts.Sum())])
            xml.Append($"<Bal><Tp><CdOrPrtry><Cd>{type}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{MinorUnits.Print(Math.Abs(minor), 2)}</Amt><CdtDbtInd>{(minor < 0 ? "DBIT" : "CRDT")}</CdtDbtInd><Dt><Dt>{day:yyyy-MM-dd}</Dt></Dt></Bal>");
        foreach (var amount in amounts.Reverse())
            xml.Append($"<Ntry><Amt Ccy=\"EUR\">{MinorUnits.Print(Math.Abs(amount), 2)}</Amt><CdtDbtInd>{(amount < 0 ? "DBIT" : "CRDT")}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day:yyyy-MM-dd}</Dt></BookgDt></Ntry>");
        return Encoding.UTF8.GetBytes(xml.Append("</Stmt></BkToCstmrStmt></Document>").ToString());
    }

    public async ValueTask DisposeAsync()
    {
        S3.Dispose();
        await _store.DisposeAsync();
        await _kms.DisposeAsync();
        await _fresh.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task<T> RepeatAsync<T>(int times, Func<Task<T>> step)
    {
        var result = await step();
        for (var again = 1; again < times; again++) result = await step();
        return result;
    }
}
