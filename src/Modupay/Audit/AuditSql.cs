namespace Modupay.Audit;

internal static class AuditSql
{
    internal const string Append = "select audit.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::json, $11, $12, $13)";

    private const string Columns = """
        select entry_id, at, actor_kind, actor_id, address, request_id, action, target_type, target_id, changes::text, subject_id, personal_sealed, sequence, previous, hash
        from audit.entries

        """;

    /// <summary>Ids of one millisecond are in no order, so the cursor is turned into the place it has in the chain.</summary>
    internal const string Page = Columns + """
        where sequence < coalesce((select sequence from audit.entries where entry_id = $1), 9223372036854775807) and ($3::text is null or actor_id = $3) and ($4::text is null or action = $4) and ($5::text is null or target_id = $5)
            and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)
        order by sequence desc limit $2
        """;

    internal const string Find = Columns + "where entry_id = $1";

    internal const string After = Columns + "where tenant_id = $1 and sequence > $2 order by sequence limit $3";

    /// <summary>One statement, so that the end of the chain and the last entry are of one moment.</summary>
    internal const string End = """
        select coalesce(head.sequence, 0), coalesce(head.hash, decode(repeat('00', 32), 'hex')), coalesce((select max(sequence) from audit.entries where tenant_id = $1), 0)
        from (values (1)) as once left join audit.heads as head on head.tenant_id = $1
        """;

    internal const string Anchors = "select sequence, hash, key_id, signature, signed_at from audit.anchors where tenant_id = $1 order by sequence";

    internal const string Anchor = "select audit.anchor($1, $2, $3, $4, $5)";
}
