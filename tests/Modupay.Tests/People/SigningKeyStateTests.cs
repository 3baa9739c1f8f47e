using Modupay.People;

namespace Modupay.Tests.People;

public sealed class SigningKeyStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly SigningKeyState Signing = new("one", "tokens-1", Now.AddDays(-100), Now.AddDays(-90), null);

    [Fact]
    public void The_first_key_of_all_signs_at_once() => Assert.Equal("a", SigningKeyState.Due([Published("b", Now), Published("a", Now)], Now)!.Kid);

    [Fact]
    public void The_next_key_signs_after_ninety_days_and_a_day_of_being_published()
    {
        Assert.Equal("two", SigningKeyState.Due([Signing, Published("two", Now.AddHours(-24))], Now)!.Kid);
        Assert.Null(SigningKeyState.Due([Signing, Published("two", Now.AddHours(-23))], Now));
        Assert.Null(SigningKeyState.Due([Signing with { CurrentFrom = Now.AddDays(-89) }, Published("two", Now.AddDays(-50))], Now));
    }

    [Fact]
    public void A_key_is_trusted_until_the_last_token_it_signed_has_ended()
    {
        var retiring = Signing with { RetiresAt = Now + SigningKeyState.Retires };
        Assert.True(SigningKeyState.Retires > AccessToken.Lasts);
        Assert.True(retiring.IsTrusted(Now + AccessToken.Lasts));
        Assert.False(retiring.IsTrusted(Now + SigningKeyState.Retires));
        Assert.True(Published("two", Now).IsTrusted(Now));
        Assert.Null(SigningKeyState.Current([retiring, Published("two", Now)]));
    }

    private static SigningKeyState Published(string kid, DateTimeOffset at) => new(kid, "tokens-" + kid, at, null, null);
}
