using Modupay.Banking.Connectors;

namespace Modupay.Tests.Banking.Connectors;

public sealed class SecretReferencesTests
{
    private const string Reference = "secret:bank/sandbox/hmac";

    private readonly ManualTime _time = new();
    private readonly List<string> _fetched = [];
    private readonly SecretReferences _secrets;
    private string _current = "first";

    public SecretReferencesTests() => _secrets = new SecretReferences((name, _) =>
    {
        _fetched.Add(name);
        return Task.FromResult(_current);
    }, _time);

    [Fact]
    public async Task A_secret_is_fetched_once_a_minute()
    {
        Assert.Equal("first", await _secrets.ResolveAsync(Reference, default));
        _time.Advance(TimeSpan.FromSeconds(59));
        _current = "second";
        Assert.Equal("first", await _secrets.ResolveAsync(Reference, default));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("second", await _secrets.ResolveAsync(Reference, default));
        Assert.Equal(["bank/sandbox/hmac", "bank/sandbox/hmac"], _fetched);
    }

    [Fact]
    public async Task A_refused_secret_is_fetched_again_at_once_and_only_a_newer_one_is_answered()
    {
        var refused = await _secrets.ResolveAsync(Reference, default);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Null(await _secrets.RefreshAsync(Reference, refused, default));

        _current = "rotated";
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("rotated", await _secrets.RefreshAsync(Reference, refused, default));
        // A neighbour that was refused with the old one profits from the same fetch.
        Assert.Equal("rotated", await _secrets.RefreshAsync(Reference, refused, default));
        Assert.Equal(3, _fetched.Count);
    }

    [Fact]
    public async Task A_secret_that_stays_wrong_is_not_asked_for_with_every_order()
    {
        var wrong = await _secrets.ResolveAsync(Reference, default);
        for (var i = 0; i < 100; i++) Assert.Null(await _secrets.RefreshAsync(Reference, wrong, default));
        Assert.Single(_fetched);
    }

    [Fact]
    public async Task A_secret_in_the_clear_is_not_used() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => _secrets.ResolveAsync("hunter2", default));
}
