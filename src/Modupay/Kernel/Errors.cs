namespace Modupay.Kernel;

/// <summary>A stable code that integrators switch on, and the HTTP status it travels with.</summary>
internal sealed record Error(string Code, int Status, string Title);

/// <summary>The one table of refusals. Codes are public: they may be added, never renamed or given another status.</summary>
internal static class Errors
{
    // First, because the rows below add themselves in the order they are written.
    private static readonly Dictionary<string, Error> Rows = new(StringComparer.Ordinal);

    // The request itself
    public static readonly Error InvalidJson = Row("invalid_json", 400, "The body is not the JSON this endpoint reads");
    public static readonly Error InvalidRequest = Row("invalid_request", 422, "The request has values that cannot be accepted");
    public static readonly Error InvalidCursor = Row("invalid_cursor", 400, "The cursor was not issued by this list");
    public static readonly Error NotFound = Row("not_found", 404, "There is nothing here");
    public static readonly Error MethodNotAllowed = Row("method_not_allowed", 405, "This address does not answer that method");
    public static readonly Error BodyTooLarge = Row("body_too_large", 413, "The body is larger than this endpoint accepts");
    public static readonly Error UnsupportedMediaType = Row("unsupported_media_type", 415, "Send application/json");

    // Who is asking
    public static readonly Error Unauthenticated = Row("unauthenticated", 401, "A valid API key or access token is needed");
    public static readonly Error Forbidden = Row("forbidden", 403, "The caller may not do that");
    public static readonly Error AddressNotAllowed = Row("address_not_allowed", 403, "The key may not be used from this address");
    public static readonly Error OrganizationNotYours = Row("organization_not_yours", 403, "The caller may not act for that organization");
    public static readonly Error ScopeExceeded = Row("scope_exceeded", 403, "Nobody can give away more than they have");
    public static readonly Error LiveModeRequired = Row("live_mode_required", 403, "What is common to test and live is changed in live mode");
    public static readonly Error ApiKeyState = Row("api_key_state", 409, "The key is revoked or has expired");
    public static readonly Error DepartmentCodeTaken = Row("department_code_taken", 409, "Another department has this code");
    public static readonly Error RateLimited = Row("rate_limited", 429, "Too many requests; wait and repeat");

    // People
    public static readonly Error InvalidCredentials = Row("invalid_credentials", 401, "The address, the password or the code is wrong");
    public static readonly Error TotpRequired = Row("totp_required", 401, "A second factor is needed");
    public static readonly Error RefreshTokenInvalid = Row("refresh_token_invalid", 401, "The refresh token does not work, or no longer does");
    public static readonly Error TooManyAttempts = Row("too_many_attempts", 429, "There were too many attempts");
    public static readonly Error OrganizationRequired = Row("organization_required", 409, "You belong to several organizations; name one");
    public static readonly Error NotAMember = Row("not_a_member", 403, "You do not belong to that organization");
    public static readonly Error LinkInvalid = Row("link_invalid", 422, "The link was used before, has expired or was withdrawn");
    public static readonly Error AlreadyMember = Row("already_member", 409, "This person is a member already");
    public static readonly Error InvitationExists = Row("invitation_exists", 409, "This person has an open invitation");
    public static readonly Error InvitationState = Row("invitation_state", 409, "The invitation is not open");
    public static readonly Error LastOwner = Row("last_owner", 409, "An organization keeps at least one owner");
    public static readonly Error RoleAboveOwn = Row("role_above_own", 403, "That role is above your own");
    public static readonly Error TotpState = Row("totp_state", 409, "The second factor is not in a state that allows this");

    // Doing things once
    public static readonly Error IdempotencyKeyRequired = Row("idempotency_key_required", 400, "An Idempotency-Key header is required where money moves");
    public static readonly Error IdempotencyKeyInvalid = Row("idempotency_key_invalid", 400, "An Idempotency-Key has 1 to 255 visible ASCII characters");
    public static readonly Error IdempotencyKeyReused = Row("idempotency_key_reused", 422, "This key was first used with a different request");
    public static readonly Error IdempotencyInProgress = Row("idempotency_in_progress", 409, "The first request with this key is still running");

    // Money
    public static readonly Error CurrencyUnknown = Row("currency_unknown", 422, "Not an ISO 4217 currency code");
    public static readonly Error AmountNotPositive = Row("amount_not_positive", 422, "The amount must be greater than zero");
    public static readonly Error CurrencyMismatch = Row("currency_mismatch", 422, "The currencies differ");

    // Payouts
    public static readonly Error TreasuryAccountUnknown = Row("treasury_account_unknown", 422, "There is no such treasury account");
    public static readonly Error BankConnectorUnknown = Row("bank_connector_unknown", 422, "No connector reaches that bank");
    public static readonly Error PayoutTooManySlices = Row("payout_too_many_slices", 422, "The payout needs more bank orders than one payout may have");
    public static readonly Error PayoutState = Row("payout_state", 409, "The payout is not in a state that allows this");
    public static readonly Error SliceState = Row("slice_state", 409, "The slice is not in a state that allows this");

    // Statements
    public static readonly Error StatementUnreadable = Row("statement_unreadable", 422, "The file cannot be read as a bank statement");
    public static readonly Error StatementState = Row("statement_state", 409, "The statement file is not in a state that allows this");
    public static readonly Error RereadChangesMoney = Row("reread_changes_money", 409, "A new reading may not change money that is in the books");
    public static readonly Error ConnectorTaken = Row("connector_taken", 409, "Another bank profile has this SFTP connector");
    public static readonly Error AccountBooked = Row("account_booked", 409, "What books on an account cannot change once something of it is in the books");
    public static readonly Error DialectInvalid = Row("dialect_invalid", 422, "The dialect profile cannot be read");
    public static readonly Error LineState = Row("line_state", 409, "The statement line is not in a state that allows this");

    // Reconciliation
    public static readonly Error ExpectedItemState = Row("expected_item_state", 409, "The expected item is not in a state that allows this");
    public static readonly Error MatchAmount = Row("match_amount", 422, "The amounts of the line and of what it is do not fit");
    public static readonly Error ReasonRequired = Row("reason_required", 422, "This needs a reason");
    public static readonly Error RulesChanged = Row("rules_changed", 409, "The rules were changed by somebody else");
    public static readonly Error RunTooLarge = Row("run_too_large", 422, "The period has more lines than one run compares");

    // Ledger
    public static readonly Error JournalUnbalanced = Row("journal_unbalanced", 422, "The postings of a journal must add up to zero in every currency");
    public static readonly Error JournalConflicting = Row("journal_conflicting", 409, "This source was first posted with other postings");
    public static readonly Error AccountUnknown = Row("account_unknown", 422, "There is no such ledger account");
    public static readonly Error AccountClosed = Row("account_closed", 422, "The ledger account takes no postings");
    public static readonly Error AccountDifferent = Row("account_different", 422, "The ledger account is open with another currency or side");
    public static readonly Error AccountOutsideChart = Row("account_outside_chart", 422, "No node of the chart of accounts takes this code");
    public static readonly Error AccountAgainstChart = Row("account_against_chart", 422, "The chart of accounts prescribes another side or currency");
    public static readonly Error AccountNotEmpty = Row("account_not_empty", 409, "The ledger account still has a balance or a hold");
    public static readonly Error AccountHasShards = Row("account_has_shards", 422, "A ledger account with shards has no limits");
    public static readonly Error LimitBelowBalance = Row("limit_below_balance", 409, "The ledger account is already beyond this limit");
    public static readonly Error AmountInvalid = Row("amount_invalid", 422, "The amount is zero or larger than can be kept");
    public static readonly Error JournalUnknown = Row("journal_unknown", 422, "There is no such journal, or it moved nothing");
    public static readonly Error HoldUnknown = Row("hold_unknown", 422, "There is no such hold");
    public static readonly Error HoldExceeded = Row("hold_exceeded", 422, "More would be posted than is on hold");
    public static readonly Error HoldEnded = Row("hold_ended", 409, "The hold was posted, voided or expired before");
    public static readonly Error HoldExpired = Row("hold_expired", 409, "The hold has expired");
    public static readonly Error HoldNotExpired = Row("hold_not_expired", 409, "The hold has not expired yet");
    public static readonly Error AlreadyReversed = Row("already_reversed", 409, "The journal was reversed before");
    public static readonly Error ConditionFailed = Row("condition_failed", 409, "The account's balance or version is not what the poster believed");
    public static readonly Error BalanceTooLarge = Row("balance_too_large", 422, "The balance would be larger than can be kept");
    public static readonly Error DebitLimitExceeded = Row("debit_limit_exceeded", 422, "The account's debits would exceed its credits by more than it may owe");
    public static readonly Error CreditLimitExceeded = Row("credit_limit_exceeded", 422, "The account's credits would exceed its debits by more than it may hold");
    public static readonly Error LinkedRefused = Row("linked_refused", 422, "Another journal of the same chain was refused");

    // Webhooks
    public static readonly Error UrlNotAllowed = Row("url_not_allowed", 422, "The address cannot receive webhooks");
    public static readonly Error EventTypeUnknown = Row("event_type_unknown", 422, "There is no such event type");
    public static readonly Error WebhookEndpointLimit = Row("webhook_endpoint_limit", 422, "There are as many webhook endpoints as there may be");
    public static readonly Error WebhookEndpointDisabled = Row("webhook_endpoint_disabled", 409, "The webhook endpoint is disabled");

    // Keys and personal data
    public static readonly Error DataKeyTooYoung = Row("data_key_too_young", 409, "The key was made a moment ago and is not in use everywhere yet");
    public static readonly Error DataSubjectInUse = Row("data_subject_in_use", 409, "Money is on its way to this person");

    // Us
    public static readonly Error Internal = Row("internal_error", 500, "Something failed on our side");
    public static readonly Error Unavailable = Row("unavailable", 503, "Something we need is not answering; try again");

    public static IReadOnlyDictionary<string, Error> All => Rows;

    private static Error Row(string code, int status, string title)
    {
        var error = new Error(code, status, title);
        Rows.Add(code, error);
        return error;
    }
}
