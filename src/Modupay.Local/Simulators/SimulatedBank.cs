using System.Text.Json.Nodes;
using Modupay.Local.Cloud;
using Modupay.Local.Simulators.Bank;

namespace Modupay.Local.Simulators;

internal sealed record SimulatedBankOptions(string Folder)
{
    /// <summary>What the bank and its customer share to sign requests with.</summary>
    public required string Secret { get; init; }

    /// <summary>Zero for the port of the last run, so that connectors configured then still find the bank.</summary>
    public int Port { get; init; }

    public Durability Durability { get; init; } = Durability.Durable;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>
/// A bank on loopback that keeps its own books: it takes signed orders as NextGenPSD2 writes them, fails in the ways banks fail when told to,
/// and reports its day as a real MT940 file. What it has acknowledged survives a restart.
/// </summary>
internal sealed class SimulatedBank : IAsyncDisposable
{
    public const string KeyId = "modupay-sandbox";

    private readonly BankBooks _books;
    private readonly BankFaults _faults = new();
    private readonly SignatureGate _gate;
    private readonly PaymentsApi _payments;
    private readonly SimulatorApi _simulator;
    private readonly BankNoise _noise;
    private LoopbackServer _server = null!;

    private SimulatedBank(SimulatedBankOptions options)
    {
        _books = BankBooks.Open(Path.Combine(options.Folder, "books.jsonl"), options.Durability, options.Time);
        _gate = new SignatureGate(KeyId, options.Secret, options.Time);
        _noise = new BankNoise(_books);
        _payments = new PaymentsApi(_books, _faults, _gate, options.Time);
        _simulator = new SimulatorApi(this);
    }

    public string Url => _server.Url;

    public static async Task<SimulatedBank> StartAsync(SimulatedBankOptions options, CancellationToken ct)
    {
        Directory.CreateDirectory(options.Folder);
        var bank = new SimulatedBank(options);
        try
        {
            bank._server = await ListenAsync(options, bank.HandleAsync, ct);
            return bank;
        }
        catch
        {
            await bank._books.DisposeAsync();
            throw;
        }
    }

    /// <summary>How a REST connector is configured to reach this bank. Patience is short here, so that timing out is quick to watch.</summary>
    public JsonObject ConnectorConfiguration() => new()
    {
        ["baseUrl"] = Url,
        ["keyId"] = KeyId,
        ["hmacSecret"] = "secret:bank/sandbox/hmac",
        ["timeoutSeconds"] = 2,
    };

    public Task OpenAccountAsync(string iban, string currency, long balanceMinor, CancellationToken ct) => _books.OpenAccountAsync(iban, currency, balanceMinor, ct);

    public Task<long> BalanceAsync(string iban, CancellationToken ct) => Task.FromResult(_books.Account(iban).BalanceMinor).WaitAsync(ct);

    /// <summary>Faults for the next orders, one each; see <see cref="Fault"/> for the words.</summary>
    public Task ScriptAsync(IEnumerable<string> faults, CancellationToken ct)
    {
        foreach (var fault in faults) _faults.Add(Fault.Parse(fault));
        return Task.CompletedTask.WaitAsync(ct);
    }

    public Task ScriptAsync(Fault fault, CancellationToken ct)
    {
        _faults.Add(fault);
        return Task.CompletedTask.WaitAsync(ct);
    }

    /// <summary>Lets every held order be answered.</summary>
    public Task ReleaseAsync(CancellationToken ct)
    {
        _faults.Release();
        return Task.CompletedTask.WaitAsync(ct);
    }

    public Task<OrderView?> FindOrderAsync(string endToEndId, CancellationToken ct) => Task.FromResult(_books.Order(endToEndId)).WaitAsync(ct);

    /// <summary>So many bookings that are none of our orders.</summary>
    public Task AddNoiseAsync(string iban, int bookings, CancellationToken ct) => _noise.AddAsync(iban, bookings, ct);

    /// <summary>Closes the account's day: an MT940 file of everything booked since the last one.</summary>
    public Task<byte[]> CloseDayAsync(string iban, CancellationToken ct) => BankStatements.CloseAsync(_books, iban, ct);

    /// <summary>From now on only this secret is accepted.</summary>
    public void ReplaceSecret(string secret) => _gate.Replace(secret);

    /// <summary>Forgets all books and faults.</summary>
    public async Task ResetAsync(CancellationToken ct)
    {
        _faults.Clear();
        await _books.ResetAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        _faults.Release();
        await _server.DisposeAsync();
        await _books.DisposeAsync();
    }

    private async Task HandleAsync(Microsoft.AspNetCore.Http.HttpContext context, CancellationToken ct)
    {
        if (context.Request.Path.StartsWithSegments("/simulator", StringComparison.Ordinal)) await _simulator.HandleAsync(context, ct);
        else await _payments.HandleAsync(context, ct);
    }

    private static async Task<LoopbackServer> ListenAsync(SimulatedBankOptions options, Func<Microsoft.AspNetCore.Http.HttpContext, CancellationToken, Task> handle, CancellationToken ct)
    {
        const string purpose = "the simulated bank";
        if (options.Port != 0) return await LoopbackServer.StartAsync(options.Port, purpose, handle, ct);

        var remembered = Path.Combine(options.Folder, "port");
        LoopbackServer server;
        try
        {
            server = await LoopbackServer.StartAsync(File.Exists(remembered) && int.TryParse(await File.ReadAllTextAsync(remembered, ct), out var last) ? last : 0, purpose, handle, ct);
        }
        catch (CannotStartException)
        {
            // Somebody else took it meanwhile; a new port is better than no bank.
            server = await LoopbackServer.StartAsync(0, purpose, handle, ct);
        }

        await File.WriteAllTextAsync(remembered, new Uri(server.Url).Port.ToString(), ct);
        return server;
    }
}
