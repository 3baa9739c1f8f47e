namespace Modupay.Local.Cloud;

/// <summary>
/// PostgreSQL refuses to run as root, which containers commonly are. As root we step down to <c>nobody</c>; where nobody cannot reach the
/// programs or the data (a checkout under /root, which is closed to others), a user namespace makes us look like nobody instead.
/// </summary>
internal static class UnprivilegedUser
{
    private static readonly string[] SetPriv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    private static readonly string[] UserNamespace = ["unshare", "--user", "--map-user=65534", "--map-group=65534"];

    /// <summary>The words to put before a command. Afterwards the folder, with all it holds, belongs to the user the command runs as.</summary>
    public static async Task<IReadOnlyList<string>> StepDownAsync(string program, string folder, CancellationToken ct)
    {
        if (!Environment.IsPrivilegedProcess) return [];

        await SucceedsAsync(["chown", "-R", "65534:65534", folder], ct);
        if (await CanUseAsync(SetPriv, program, folder, ct)) return SetPriv;

        // Inside the namespace our own files appear as nobody's.
        await SucceedsAsync(["chown", "-R", "0:0", folder], ct);
        if (await CanUseAsync(UserNamespace, program, folder, ct)) return UserNamespace;

        throw new CannotStartException(
            $"PostgreSQL refuses to run as root and neither setpriv nor unshare can give it another user with access to {folder}: run Modupay as an ordinary user, or name a server with DATABASE_URL.");
    }

    private static Task<bool> CanUseAsync(string[] prefix, string program, string folder, CancellationToken ct) =>
        SucceedsAsync([.. prefix, "sh", "-c", "test -x \"$1\" && test -w \"$2\"", "sh", program, folder], ct);

    private static async Task<bool> SucceedsAsync(string[] command, CancellationToken ct) =>
        (await ChildProcess.RunAsync(new ChildCommand(command[0], command[1..]) { WorkingDirectory = "/" }, ct)).ExitCode == 0;
}
