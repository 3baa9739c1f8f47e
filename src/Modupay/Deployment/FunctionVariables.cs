namespace Modupay.Deployment;

/// <summary>
/// Which variables a function is given, by its needs. The CDK writes exactly these on it; a local process that is given more than these
/// works on a laptop and stops in AWS.
/// </summary>
internal static class FunctionVariables
{
    public static IReadOnlySet<string> Of(FunctionSpec function)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal) { "MODUPAY_FUNCTION", "MODUPAY_ENVIRONMENT" };
        if (function.Trigger is Trigger.Http) names.UnionWith(["TRUSTED_PROXIES", "RATE_LIMIT_CREDENTIAL", "RATE_LIMIT_ORGANIZATION", "RATE_LIMIT_ADDRESS", "PUBLIC_URL"]);
        When(Needs.Database | Needs.RelayDatabase | Needs.OwnerDatabase, "DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_SSL", "DATABASE_POOL", "DATABASE_SECRET");
        When(Needs.Secrets | Needs.OwnerDatabase, "SECRET_PREFIX");
        When(Needs.SendsMessages, Manifest.Queues.Select(queue => Name("QUEUE", queue.Name)));
        names.UnionWith(Manifest.Keys.Where(key => key.IsFor(function)).Select(key => Name("KEY", key.Name)));
        When(Needs.SendsMail, "MAIL_FROM");
        When(Needs.Tables, Manifest.Tables.Select(table => Name("TABLE", table.Name)));
        When(Needs.ReadsInbox | Needs.WritesInbox | Needs.PicksUp, Manifest.Buckets.Where(bucket => bucket.WriteOnceYears == 0).Select(bucket => Name("BUCKET", bucket.Name)));
        When(Needs.WritesArchive, Manifest.Buckets.Where(bucket => bucket.WriteOnceYears > 0).Select(bucket => Name("BUCKET", bucket.Name)));
        return names;

        void When(Needs any, params IEnumerable<string> variables)
        {
            if ((function.Needs & any) is not Needs.None) names.UnionWith(variables);
        }
    }

    /// <summary><c>QUEUE</c> and <c>payout-dispatch</c> make <c>QUEUE_PAYOUT_DISPATCH</c>.</summary>
    public static string Name(string kind, string logicalName) => $"{kind}_{logicalName.ToUpperInvariant().Replace('-', '_').Replace('/', '_')}";
}
