using Modupay.Local.Cloud;

namespace Modupay.Tests.Local.Cloud;

/// <summary>What the journal brings back.</summary>
public sealed class QueueStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modupay-queues").FullName;
    private readonly ManualTime _time = new();

    private string Journal => Path.Combine(_folder, "queues.journal");

    [Fact]
    public async Task Queues_messages_and_counts_are_what_they_were()
    {
        await using (var store = Open())
        {
            await store.CreateAsync("dead", new Dictionary<string, string>());
            await store.CreateAsync("work", new Dictionary<string, string> { ["RedrivePolicy"] = $$"""{"deadLetterTargetArn":"{{AwsAccount.Local.Arn("sqs", "dead")}}","maxReceiveCount":"3"}""" });
            await store.SendAsync("work", Message("kept"), null);
            await store.SendAsync("work", Message("later"), 900);
            await store.ReceiveAsync("work", 1, 60, 0, CancellationToken.None);
        }

        await using var next = Open();
        Assert.Equal(["dead", "work"], next.Names);
        var attributes = next.Describe("work");
        Assert.Equal(("1", "0", "1"), (attributes["ApproximateNumberOfMessages"], attributes["ApproximateNumberOfMessagesNotVisible"], attributes["ApproximateNumberOfMessagesDelayed"]));
        Assert.Contains("dead", attributes["RedrivePolicy"], StringComparison.Ordinal);
        var delivery = Assert.Single(await next.ReceiveAsync("work", 10, 60, 0, CancellationToken.None));
        Assert.Equal(("kept", 2), (delivery.Message.Body, delivery.Receives));
        Assert.Equal("one", System.Text.Encoding.UTF8.GetString(delivery.Message.Attributes["text"].Value));
    }

    [Fact]
    public async Task A_line_that_a_crash_cut_short_is_forgotten_because_nobody_was_told_about_it()
    {
        await using (var store = Open())
        {
            await store.CreateAsync("work", new Dictionary<string, string>());
            await store.SendAsync("work", Message("whole"), null);
        }

        await File.AppendAllTextAsync(Journal, """{"do":"send","queue":"work","id":"0190""");

        await using var next = Open();
        Assert.Equal("1", next.Describe("work")["ApproximateNumberOfMessages"]);
    }

    [Fact]
    public async Task A_line_damaged_in_the_middle_stops_the_start_instead_of_losing_what_follows()
    {
        await using (var store = Open()) await store.CreateAsync("work", new Dictionary<string, string>());
        await File.WriteAllTextAsync(Journal, "damaged\n" + await File.ReadAllTextAsync(Journal));

        var refused = Assert.Throws<CannotStartException>(() => Open());

        Assert.Contains("line 1 of", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_journal_keeps_what_lives_and_not_what_happened()
    {
        await using (var store = Open())
        {
            await store.CreateAsync("work", new Dictionary<string, string>());
            var body = new string('x', 900_000);
            for (var round = 0; round < 60; round++)
            {
                await store.SendAsync("work", Message(body), null);
                var delivery = Assert.Single(await store.ReceiveAsync("work", 1, 60, 0, CancellationToken.None));
                await store.DeleteAsync("work", delivery.Receipt);
            }

            await store.SendAsync("work", Message("the only one"), null);
            Assert.InRange(new FileInfo(Journal).Length, 1, 40 << 20);
        }

        await using var next = Open();
        Assert.Equal("the only one", Assert.Single(await next.ReceiveAsync("work", 10, 60, 0, CancellationToken.None)).Message.Body);
        Assert.InRange(new FileInfo(Journal).Length, 1, 4096);
    }

    [Fact]
    public async Task A_message_nobody_wanted_for_longer_than_it_is_kept_is_gone()
    {
        await using var store = Open();
        await store.CreateAsync("work", new Dictionary<string, string> { ["MessageRetentionPeriod"] = "60" });
        await store.SendAsync("work", Message("old"), null);

        _time.Advance(TimeSpan.FromSeconds(60));

        Assert.Empty(await store.ReceiveAsync("work", 10, 60, 0, CancellationToken.None));
        Assert.Equal("0", store.Describe("work")["ApproximateNumberOfMessages"]);
    }

    [Fact]
    public async Task Mischief_repeats_and_reorders_but_loses_nothing_and_drives_nothing_to_the_dead_letters()
    {
        await using var store = Open(chaos: 7);
        await store.CreateAsync("dead", new Dictionary<string, string>());
        await store.CreateAsync("work", new Dictionary<string, string> { ["RedrivePolicy"] = $$"""{"deadLetterTargetArn":"{{AwsAccount.Local.Arn("sqs", "dead")}}","maxReceiveCount":2}""" });
        for (var number = 0; number < 200; number++) await store.SendAsync("work", Message($"{number:000}"), null);

        var seen = new List<string>();
        for (IReadOnlyList<Delivery> batch; (batch = await store.ReceiveAsync("work", 10, 600, 0, CancellationToken.None)).Count > 0;) seen.AddRange(batch.Select(delivery => delivery.Message.Body));

        Assert.Equal(200, seen.Distinct(StringComparer.Ordinal).Count());
        Assert.InRange(seen.Count, 205, 240);
        Assert.NotEqual(seen.Order(StringComparer.Ordinal), seen);
        Assert.Equal("0", store.Describe("dead")["ApproximateNumberOfMessages"]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private QueueStore Open(int? chaos = null) => QueueStore.Open(new QueueStoreOptions(_folder) { Durability = Durability.Throwaway, Clock = _time, Chaos = chaos });

    private QueueMessage Message(string body) => new(
        Guid.CreateVersion7(_time.GetUtcNow()).ToString(), body,
        new Dictionary<string, QueueMessageAttribute> { ["text"] = new("String", "one"u8.ToArray()) }, "Root=1", _time.GetUtcNow());
}
