namespace Modupay.Banking.Statements.PickUp;

internal static class PickUpSql
{
    internal const string LockProfile = "select name from banking.bank_profiles where bank_profile_id = $1 for no key update";

    internal const string Find = "select bank_profile_id, connector_id, remote_directory, file_pattern, enabled, listing_asked_at, listing_file from banking.statement_pick_ups where bank_profile_id = $1";

    internal const string Enabled = """
        select bank_profile_id, connector_id, remote_directory, file_pattern, enabled, listing_asked_at, listing_file from banking.statement_pick_ups where enabled order by bank_profile_id
        """;

    internal const string TenantsWithPickUps = "select distinct tenant_id from banking.statement_pick_ups where enabled";

    // Replaced as a whole: a listing that is under way for the old words is nobody's.
    internal const string Forget = "delete from banking.statement_pick_ups where bank_profile_id = $1";

    internal const string Insert = """
        insert into banking.statement_pick_ups (bank_profile_id, tenant_id, connector_id, remote_directory, file_pattern, enabled, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict do nothing
        """;

    internal const string ForgetOpenFiles = "delete from banking.statement_pick_up_files where bank_profile_id = $1 and state in ('seen', 'asked')";

    // One run of several gets to ask. What was asked for and never named died with its run ($3); what was named and never came is not waited for ($4).
    internal const string ClaimListing = """
        update banking.statement_pick_ups set listing_asked_at = $2, listing_file = null
        where bank_profile_id = $1 and enabled and (listing_asked_at is null or (listing_file is null and listing_asked_at < $3) or listing_asked_at < $4)
        """;

    internal const string NameListing = "update banking.statement_pick_ups set listing_file = $3 where bank_profile_id = $1 and listing_asked_at = $2";

    internal const string FinishListing = "update banking.statement_pick_ups set listing_asked_at = null, listing_file = null where bank_profile_id = $1 and listing_file = $2";

    internal const string InsertSeen = """
        insert into banking.statement_pick_up_files (bank_profile_id, tenant_id, path, size_bytes, modified_at, seen_at)
        select $1, $2, path, size_bytes, modified_at, $6 from unnest($3::text[], $4::bigint[], $5::timestamptz[]) as seen (path, size_bytes, modified_at)
        on conflict do nothing
        """;

    // Again after $4, if the run that claimed them died before it could say under which transfer. Two versions of a path are one file to fetch: the
    // bank has only the newest.
    internal const string ClaimFiles = """
        update banking.statement_pick_up_files as claimed set state = 'asked', attempts = claimed.attempts + 1, asked_at = $2, transfer_id = null
        where claimed.ctid = any (array(
            select ctid from banking.statement_pick_up_files
            where bank_profile_id = $1 and (state = 'seen' or (state = 'asked' and transfer_id is null and asked_at < $4))
            order by seen_at, path
            limit $3
            for update skip locked))
        returning claimed.path
        """;

    internal const string NameTransfer = """
        update banking.statement_pick_up_files set transfer_id = $4 where bank_profile_id = $1 and asked_at = $2 and path = any ($3) and state = 'asked' and transfer_id is null
        """;

    internal const string OpenTransfers = "select distinct transfer_id from banking.statement_pick_up_files where bank_profile_id = $1 and state = 'asked' and transfer_id is not null";

    internal const string Fetched = """
        update banking.statement_pick_up_files set state = 'fetched', failure = null where bank_profile_id = $1 and transfer_id = $2 and path = $3 and state = 'asked'
        """;

    internal const string Failed = """
        update banking.statement_pick_up_files set state = case when attempts < $5 then 'seen' else 'failed' end, failure = $4, transfer_id = null
        where bank_profile_id = $1 and transfer_id = $2 and path = $3 and state = 'asked'
        """;

    internal const string NotKnownAnyMore = "update banking.statement_pick_up_files set state = 'seen', transfer_id = null where bank_profile_id = $1 and transfer_id = $2 and state = 'asked'";

    internal const string Files = """
        select path, size_bytes, modified_at, state, attempts, failure, seen_at from banking.statement_pick_up_files
        where bank_profile_id = $1 and ($2::text is null or state = $2)
        order by seen_at desc, path
        limit $3
        """;

    internal const string Retry = """
        update banking.statement_pick_up_files set state = 'seen', attempts = 0, transfer_id = null where bank_profile_id = $1 and state = 'failed' and ($2::text is null or path = $2)
        """;

    internal const string IsKnown = "select exists (select from banking.statement_pick_up_files where bank_profile_id = $1 and path = $2)";

    internal const string CountFiles = "select state, count(*)::integer from banking.statement_pick_up_files where bank_profile_id = $1 group by state";
}

/// <summary>Where one bank offers its statements, and the listing that is under way.</summary>
internal sealed record StatementPickUp(BankProfileId Bank, string Connector, string RemoteDirectory, string FilePattern, bool Enabled, DateTimeOffset? ListingAskedAt, string? ListingFile)
{
    public static StatementPickUp Read(Npgsql.NpgsqlDataReader row) => new(new(row.GetGuid(0)), row.GetString(1), row.GetString(2), row.GetString(3), row.GetBoolean(4),
        row.IsDBNull(5) ? null : row.GetFieldValue<DateTimeOffset>(5), row.IsDBNull(6) ? null : row.GetString(6));
}
