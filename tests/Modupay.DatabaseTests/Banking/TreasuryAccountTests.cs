using Modupay.DatabaseTests.Reconciliation;

namespace Modupay.DatabaseTests.Banking;

/// <summary>Which of a bank's documents book on an account is chosen before the first of them has.</summary>
public sealed class TreasuryAccountTests
{
    [Fact]
    public async Task What_books_is_chosen_until_something_is_booked()
    {
        await using var scene = await ReconciliationScene.StartAsync();
        var path = $"/v1/treasury-accounts/{scene.Account}";
        Assert.Equal("statement", (string)(await scene.GetAsync(path))["bookedBy"]!);
        Assert.Equal("bookedBy", (string)(await scene.PatchAsync(path, """{"bookedBy":"rumour"}""", 422))["errors"]![0]!["field"]!);
        Assert.Equal("notification", (string)(await scene.PatchAsync(path, """{"bookedBy":"notification"}"""))["bookedBy"]!);
        Assert.Equal("statement", (string)(await scene.PatchAsync(path, """{"bookedBy":"statement"}"""))["bookedBy"]!);

        await scene.StatementAsync(new Said(100));

        Assert.Equal("account_booked", (string)(await scene.PatchAsync(path, """{"bookedBy":"notification"}""", 409))["code"]!);
        Assert.Equal("statement", (string)(await scene.PatchAsync(path, """{"approvalRequired":true,"bookedBy":"statement"}"""))["bookedBy"]!);
    }
}
