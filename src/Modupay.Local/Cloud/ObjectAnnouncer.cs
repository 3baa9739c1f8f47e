using System.Threading.Channels;

namespace Modupay.Local.Cloud;

/// <summary>Tells the listener about new objects, one after the other, until it has understood; after a crash the next run tells again.</summary>
internal sealed class ObjectAnnouncer : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ObjectStore _store;
    private readonly ObjectStoreOptions _options;
    private readonly Channel<ObjectNews> _news = Channel.CreateUnbounded<ObjectNews>(new() { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _telling;

    public ObjectAnnouncer(ObjectStore store, ObjectStoreOptions options)
    {
        (_store, _options) = (store, options);
        if (options.Created is not null)
        {
            foreach (var news in store.UntoldNews()) Announce(news);
        }

        _telling = TellAsync(_stop.Token);
    }

    public void Announce(ObjectNews news)
    {
        if (_options.Created is not null) _news.Writer.TryWrite(news);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _telling;
        _stop.Dispose();
    }

    private async Task TellAsync(CancellationToken ct)
    {
        try
        {
            await foreach (var news in _news.Reader.ReadAllAsync(ct))
            {
                while (!await ToldAsync(news, ct)) await Task.Delay(Pause, _options.Clock, ct);
                _store.Told(news);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // We stop; what is untold is on the disk.
        }
    }

    private async Task<bool> ToldAsync(ObjectNews news, CancellationToken ct)
    {
        try
        {
            await _options.Created!(news, ct);
            return true;
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            _options.Log($"Nobody could be told about s3://{news.Bucket}/{news.Key} yet: {failure.Message}");
            return false;
        }
    }
}
