namespace Modupay.Kernel;

/// <summary>Who does something, from which address, in which request. What the audit log remembers of a caller; never a secret.</summary>
internal sealed record Actor(string Kind, string Id, string? Address, string? RequestId)
{
    public const string ApiKey = "api_key";
    public const string User = "user";
    public const string System = "system";
    public const string Operator = "operator";

    /// <summary>Work nobody asked for at this moment: a schedule, a message, a job of the given name.</summary>
    public static Actor OfSystem(string job, string? trace = null) => new(System, job, null, trace);
}
