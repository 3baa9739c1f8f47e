using Modupay.Local.Cloud;

namespace Modupay.Tests.Local.Cloud;

public sealed class MessageQueueTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;
    private readonly MessageQueue _queue = new("work", "arn:work", new QueueAttributes(), Start);

    [Fact]
    public void Messages_are_visible_oldest_first_once_their_delay_is_over()
    {
        _queue.Add(Message("delayed"), After(10));
        _queue.Add(Message("first"), After(0));
        _queue.Add(Message("second"), After(0));

        Assert.Equal(["first", "second"], _queue.Visible(After(9)).Select(message => message.Body));
        Assert.Equal(["first", "second", "delayed"], _queue.Visible(After(10)).Select(message => message.Body));
        Assert.Equal((2, 0, 1), _queue.Count(After(9)));
    }

    [Fact]
    public void A_message_the_journal_repeats_is_there_once()
    {
        var message = Message("once");
        _queue.Add(message, After(0));
        _queue.Add(message, After(0));

        Assert.Single(_queue.Visible(After(0)));
    }

    [Fact]
    public void Only_the_latest_receipt_deletes_and_changes_visibility()
    {
        var message = Message("work");
        _queue.Add(message, After(0));
        var first = _queue.Receive(message, After(0), After(30));
        var second = _queue.Receive(message, After(31), After(61));

        Assert.Equal((1, 2), (first.Receives, second.Receives));
        Assert.Equal(After(0), second.FirstReceivedAt);
        Assert.False(_queue.Hide(first.Receipt, After(32), After(90)));
        Assert.False(_queue.Delete(first.Receipt));
        Assert.True(_queue.Hide(second.Receipt, After(32), After(32)));
        Assert.Equal((1, 0, 0), _queue.Count(After(32)));
        Assert.True(_queue.Delete(second.Receipt));
        Assert.Equal((0, 0, 0), _queue.Count(After(32)));
    }

    [Fact]
    public void A_message_whose_time_is_over_can_be_deleted_but_no_longer_hidden()
    {
        var message = Message("slow");
        _queue.Add(message, After(0));
        var delivery = _queue.Receive(message, After(0), After(30));

        Assert.False(_queue.Hide(delivery.Receipt, After(30), After(60)));
        Assert.True(_queue.Delete(delivery.Receipt));
    }

    [Fact]
    public void An_arrival_and_a_return_wake_those_who_wait()
    {
        var message = Message("wake");
        var arrival = _queue.Change;
        _queue.Add(message, After(0));
        Assert.True(arrival.IsCompleted);

        var delivery = _queue.Receive(message, After(0), After(30));
        var back = _queue.Change;
        Assert.False(back.IsCompleted);
        _queue.Hide(delivery.Receipt, After(1), After(1));
        Assert.True(back.IsCompleted);
    }

    [Theory]
    [InlineData("VisibilityTimeout", "43201")]
    [InlineData("VisibilityTimeout", "-1")]
    [InlineData("DelaySeconds", "901")]
    [InlineData("MaximumMessageSize", "1023")]
    [InlineData("RedrivePolicy", """{"deadLetterTargetArn":"a"}""")]
    [InlineData("RedrivePolicy", """{"deadLetterTargetArn":"a","maxReceiveCount":0}""")]
    [InlineData("RedrivePolicy", """{"deadLetterTargetArn":"a","maxReceiveCount":5,"x":1}""")]
    [InlineData("RedrivePolicy", "not json")]
    public void An_attribute_out_of_its_limits_is_refused(string name, string value)
    {
        var refused = Assert.Throws<AwsException>(() => new QueueAttributes().With(new Dictionary<string, string> { [name] = value }));

        Assert.Equal("InvalidAttributeValue", refused.Code);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("\"5\"")]
    public void A_redrive_policy_counts_with_a_number_or_a_text(string count)
    {
        var attributes = new QueueAttributes().With(new Dictionary<string, string> { ["RedrivePolicy"] = $$"""{"deadLetterTargetArn":"arn","maxReceiveCount":{{count}}}""" });

        Assert.Equal(new RedrivePolicy("arn", 5), attributes.Redrive);
        Assert.Equal(attributes, new QueueAttributes().With(attributes.ToTexts()));
    }

    private static DateTimeOffset After(int seconds) => Start.AddSeconds(seconds);

    private static QueueMessage Message(string body) => new(Guid.CreateVersion7(Start).ToString(), body, new Dictionary<string, QueueMessageAttribute>(), null, Start);
}
