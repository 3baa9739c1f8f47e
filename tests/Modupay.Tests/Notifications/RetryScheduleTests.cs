using Modupay.Kernel;
using Modupay.Notifications.Delivery;
using Xunit;

namespace Modupay.Tests.Notifications;

public sealed class RetryScheduleTests
{
    private static readonly DeliveryId Delivery = new(Guid.Parse("0199c2a5-7b3e-7c11-9f00-0123456789ab"));

    [Fact]
    public void Eight_attempts_are_made_each_within_a_tenth_of_its_time()
    {
        int[] seconds = [5, 300, 1800, 7200, 18000, 36000, 36000];

        for (var failures = 1; failures <= seconds.Length; failures++)
            Assert.InRange(RetrySchedule.Next(Delivery, failures, Status(500))!.Value.TotalSeconds, seconds[failures - 1] * 0.9, seconds[failures - 1] * 1.1);
        Assert.Null(RetrySchedule.Next(Delivery, 8, Status(500)));
    }

    [Fact]
    public void Deliveries_that_fail_together_do_not_return_together_and_each_keeps_its_own_time()
    {
        var clock = TimeProvider.System;
        var deliveries = Enumerable.Range(0, 100).Select(_ => Id.New<DeliveryId>(clock)).ToList();

        var waits = deliveries.ConvertAll(delivery => RetrySchedule.Next(delivery, 4, Status(500)));

        Assert.True(waits.Distinct().Count() > 90);
        Assert.Equal(waits, deliveries.ConvertAll(delivery => RetrySchedule.Next(delivery, 4, Status(500))));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("two\r\nlines\0", "two  lines ")]
    [InlineData("", null)]
    public void An_excerpt_is_fit_for_a_table(string answer, string? excerpt) => Assert.Equal(excerpt, AnswerExcerpt.Of(System.Text.Encoding.UTF8.GetBytes(answer)));

    [Fact]
    public void An_excerpt_is_two_hundred_characters_and_none_is_cut_in_two()
    {
        var excerpt = AnswerExcerpt.Of(System.Text.Encoding.UTF8.GetBytes("x" + string.Concat(Enumerable.Repeat("💶", 200))));

        Assert.Equal("x" + string.Concat(Enumerable.Repeat("💶", 99)), excerpt);
    }

    [Fact]
    public void Bytes_that_are_no_text_leave_a_text_that_can_be_stored() => Assert.Equal("\uFFFD\uFFFDok", AnswerExcerpt.Of([0xFF, 0xFE, (byte)'o', (byte)'k']));

    private static WebhookAnswer Status(int status) => new(status, null, null, null, TimeSpan.Zero);
}
