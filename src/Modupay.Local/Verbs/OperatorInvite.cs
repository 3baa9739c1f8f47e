using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Local.Cloud;
using Modupay.People;

namespace Modupay.Local.Verbs;

/// <summary>Invites an operator of the platform: the first one has nobody else to invite him.</summary>
internal static class OperatorInvite
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static readonly Verb Verb = new("operator invite", "invite somebody to operate the platform", """
        dotnet run --project src/Modupay.Local -- operator invite --email ADDRESS [--data FOLDER]

        Sends an invitation that works once, for seven days. Locally the letter is kept in the data folder and printed here; the platform must not
        be running on that folder (use 'up --operator ADDRESS' instead). With DATABASE_HOST set it uses the variables of the api function
        (DATABASE_HOST, DATABASE_NAME, DATABASE_SECRET, KEY_DATA, QUEUE_EMAIL, PUBLIC_URL, AWS credentials), and the letter goes by mail.
        """, RunAsync);

    private static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var email = arguments.Option("--email") ?? throw new ArgumentsException("--email is missing.");
        var data = arguments.Option("--data");
        arguments.Nothing();
        if (EmailAddress.Parse(email).Problem is { } wrong) throw new ArgumentsException(wrong.Detail);
        if (Surroundings.Deployed is { } deployed) return await InviteAsync(deployed, email, ct) ? 0 : 1;

        await using var cloud = await LocalCloud.StartAsync(new LocalCloudOptions { DataPath = data, InProcess = true, Progress = Console.WriteLine }, ct);
        if (!await InviteAsync(cloud.SettingsOf("api"), email, ct)) return 1;
        Console.WriteLine(await LetterAsync(cloud, ct));
        return 0;
    }

    /// <summary>Says why not, where it cannot be done.</summary>
    public static async Task<bool> InviteAsync(Settings settings, string email, CancellationToken ct)
    {
        await using var services = await Services.OpenAsync(settings, LocalCloud.Time, NullLoggerFactory.Instance, ct);
        var invited = await PeopleDoor.InviteOperatorAsync(services, email, ct);
        Console.WriteLine(invited.Problem is { } problem ? $"Not invited: {problem.Detail}" : $"Invited {email}; the letter is on its way.");
        return invited.Problem is null;
    }

    private static async Task<string> LetterAsync(LocalCloud cloud, CancellationToken ct)
    {
        for (var until = LocalCloud.Time.GetUtcNow() + Patience; LocalCloud.Time.GetUtcNow() < until; await Task.Delay(TimeSpan.FromMilliseconds(100), LocalCloud.Time, ct))
            if (cloud.Mails.Kept is [.., var letter]) return letter.Text;
        throw new CannotStartException("The letter was not delivered; it waits in the outbox for the next start.");
    }
}
