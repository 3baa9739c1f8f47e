namespace Modupay.Local.Verbs;

/// <summary>What the environment tells the verbs, read here only.</summary>
internal static class Surroundings
{
    /// <summary><c>DATABASE_URL</c>: an existing PostgreSQL instead of the embedded one.</summary>
    public static string? DatabaseUrl => Environment.GetEnvironmentVariable("DATABASE_URL") is { Length: > 0 } url ? url : null;

    /// <summary>With <c>DATABASE_HOST</c> the verb is for a deployed platform, and is told of it by the variables of a function.</summary>
    public static Settings? Deployed => Environment.GetEnvironmentVariable("DATABASE_HOST") is { Length: > 0 } ? Settings.FromEnvironment() : null;
}
