using Npgsql;

namespace Modupay.Data;

/// <summary>
/// The connections of one database role. Its login is a secret that is replaced while we run: connections that are open stay open, and a new one
/// that is refused is tried again with what the secret says by then. Nobody who asks for a connection notices.
/// </summary>
internal sealed class ConnectionPool : IAsyncDisposable
{
    /// <summary>Between the database, the proxy before it and the secret, the news of a rotation takes a moment to be everywhere.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Func<CancellationToken, Task<DatabaseLogin>>? _current;
    private readonly Func<DatabaseLogin, NpgsqlDataSource>? _open;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _renewing = new(1);
    private readonly List<NpgsqlDataSource> _all;
    private volatile NpgsqlDataSource _source;
    private DatabaseLogin? _login;

    private ConnectionPool(NpgsqlDataSource source, DatabaseLogin? login, Func<CancellationToken, Task<DatabaseLogin>>? current, Func<DatabaseLogin, NpgsqlDataSource>? open, TimeProvider time) =>
        (_source, _all, _login, _current, _open, _time) = (source, [source], login, current, open, time);

    /// <param name="current">Asks the secret.</param>
    /// <param name="open">Makes the connections of a login. What it made is disposed of with the pool.</param>
    public static async Task<ConnectionPool> StartAsync(Func<CancellationToken, Task<DatabaseLogin>> current, Func<DatabaseLogin, NpgsqlDataSource> open, TimeProvider time, CancellationToken ct)
    {
        var login = await current(ct);
        return new ConnectionPool(open(login), login, current, open, time);
    }

    /// <summary>For a login that never changes.</summary>
    public static ConnectionPool Of(NpgsqlDataSource source) => new(source, null, null, null, TimeProvider.System);

    public async ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken ct)
    {
        for (DateTimeOffset? until = null; ;)
        {
            var source = _source;
            try
            {
                return await source.OpenConnectionAsync(ct);
            }
            catch (PostgresException refused) when (_current is not null && IsRefusedLogin(refused))
            {
                until ??= _time.GetUtcNow() + Patience;
                if (await RenewAsync(source, ct)) continue;
                if (_time.GetUtcNow() >= until) throw;
                await Task.Delay(Pause, _time, ct);
            }
        }
    }

    /// <returns>Whether there is another login to try.</returns>
    private async Task<bool> RenewAsync(NpgsqlDataSource refused, CancellationToken ct)
    {
        await _renewing.WaitAsync(ct);
        try
        {
            // Somebody else was refused, and asked, before us.
            if (_source != refused) return true;
            var login = await _current!(ct);
            if (login == _login) return false;
            // The old one is kept until the end: some of its connections are in use.
            var source = _open!(login);
            _all.Add(source);
            (_login, _source) = (login, source);
            return true;
        }
        finally
        {
            _renewing.Release();
        }
    }

    /// <summary>PostgreSQL says that the password is wrong; a proxy, that it knows no such user.</summary>
    private static bool IsRefusedLogin(PostgresException exception) => exception.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification;

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _all) await source.DisposeAsync();
        _renewing.Dispose();
    }
}
