using Modupay.Ledger.Proof;

namespace Modupay.DatabaseTests.Ledger;

public sealed class LedgerTableTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const string Repetition = """
        account  bank    EUR debit
        account  wallet  EUR credit
        post     p:1  bank -> wallet 100 EUR    new
        post     p:1  bank -> wallet 100 EUR    repeated
        post     p:1  bank -> wallet 101 EUR    journal_conflicting
        post     p:1  wallet -> bank 100 EUR    journal_conflicting
        post     p:2  bank -> wallet 100 EUR    new
        balance  bank    200
        balance  wallet  200
        # A repetition is answered as such whatever has become of the account since. What holds something is not closed.
        closed   wallet                         account_not_empty
        frozen   wallet
        post     p:1  bank -> wallet 100 EUR    repeated
        post     p:3  bank -> wallet 100 EUR    account_closed
        open     wallet
        post     p:3  bank -> wallet 100 EUR    new
        balance  bank    300
        """;

    private const string Shapes = """
        account  bank    EUR debit
        account  wallet  EUR credit
        account  fees    EUR credit
        account  caisse  XOF debit
        split    s:1  bank 100 wallet -60 fees -40 EUR       new
        split    s:2  bank 100 wallet -60 fees -41 EUR       journal_unbalanced
        split    s:3  bank 50 bank -20 wallet -30 EUR        new
        split    s:4  bank 100 bank -100 EUR                 new
        split    s:5  bank 1 EUR                             journal_unbalanced
        post     s:6  bank -> wallet 0 EUR                   amount_invalid
        post     s:7  bank -> caisse 5 EUR                   currency_mismatch
        post     s:8  bank -> caisse 5 XOF                   currency_mismatch
        post     s:9  bank -> nowhere 5 EUR                  account_unknown
        post     s:10 bank -> wallet 2305843009213693952 EUR amount_invalid
        post     s:11 bank -> wallet 2305843009213693951 EUR balance_too_large
        balance  bank    130
        balance  wallet  90
        balance  fees    40
        balance  caisse  0
        """;

    private const string Limits = """
        account  bank    EUR debit
        account  wallet  EUR credit debits<=0
        account  credit  EUR credit debits<=500
        account  till    EUR debit  credits<=0
        post     l:1  wallet -> bank 1 EUR      debit_limit_exceeded
        post     l:2  bank -> wallet 100 EUR    new
        post     l:3  wallet -> bank 101 EUR    debit_limit_exceeded
        post     l:3  wallet -> bank 100 EUR    new
        balance  wallet  0
        post     l:4  credit -> bank 500 EUR    new
        post     l:5  credit -> bank 1 EUR      debit_limit_exceeded
        balance  credit  -500
        post     l:6  bank -> till 1 EUR        credit_limit_exceeded
        post     l:7  till -> bank 10 EUR       new
        post     l:8  bank -> till 10 EUR       new
        # Judged when the journal is complete: what it takes before it gives does not count.
        split    l:9  wallet 50 wallet -50 bank 10 bank -10 EUR   new
        limit    credit  debits<=600
        post     l:5  credit -> bank 100 EUR    new
        post     l:10 credit -> bank 1 EUR      debit_limit_exceeded
        """;

    private const string TwoPhases = """
        account  bank    EUR debit
        account  wallet  EUR credit debits<=0
        post     p:1  bank -> wallet 100 EUR          new
        hold     h:1  wallet -> bank 40 EUR           new
        balance  wallet  100 available 60
        balance  bank    100 available 60
        hold     h:1  wallet -> bank 40 EUR           repeated
        hold     h:1  wallet -> bank 41 EUR           journal_conflicting
        post     h:1  wallet -> bank 40 EUR           journal_conflicting
        hold     h:2  wallet -> bank 61 EUR           debit_limit_exceeded
        post     p:2  wallet -> bank 61 EUR           debit_limit_exceeded
        hold     h:2  wallet -> bank 60 EUR           new
        balance  wallet  100 available 0
        settle   s:1  h:1                             new
        balance  wallet  60 available 0
        settle   s:1  h:1                             repeated
        settle   s:2  h:1                             hold_ended
        void     v:1  h:1                             hold_ended
        settle   s:3  h:2 61                          hold_exceeded
        settle   s:3  h:2 25                          new
        balance  wallet  35 available 35
        hold     h:3  wallet -> bank 35 EUR           new
        void     v:2  h:3                             new
        void     v:2  h:3                             repeated
        settle   s:4  h:3                             hold_ended
        balance  wallet  35 available 35
        settle   s:5  p:1                             hold_unknown
        void     v:3  nothing                         hold_unknown
        balance  bank    35 available 35
        """;

    private const string Expiry = """
        account  bank    EUR debit
        account  wallet  EUR credit debits<=0
        post     p:1  bank -> wallet 100 EUR            new
        hold     h:1  wallet -> bank 70 EUR until 60    new
        hold     h:2  wallet -> bank 30 EUR until 120   new
        expire   0
        clock    59
        settle   s:1  h:1 10                            new
        clock    1
        hold     h:3  wallet -> bank 20 EUR until 60    new
        clock    60
        settle   s:2  h:2                               hold_expired
        balance  wallet  90 available 40
        expire   2
        expire   0
        balance  wallet  90 available 90
        void     v:1  h:2                               hold_ended
        hold     h:4  wallet -> bank 90 EUR until 1     new
        clock    1
        void     v:2  h:4                               new
        expire   0
        balance  wallet  90 available 90
        """;

    private const string Chains = """
        account  bank    EUR debit
        account  wallet  EUR credit debits<=0
        account  other   EUR credit debits<=0
        link     c:1  bank -> wallet 50 EUR    new
        link     c:2  wallet -> other 50 EUR   new
        balance  other   50
        link     c:3  bank -> wallet 10 EUR    linked_refused
        link     c:4  wallet -> other 11 EUR   debit_limit_exceeded
        balance  wallet  0
        clock    0
        link     c:1  bank -> wallet 50 EUR    repeated
        link     c:2  wallet -> other 50 EUR   repeated
        # A chain is not repeated in part, nor in other company.
        clock    0
        link     c:1  bank -> wallet 50 EUR    journal_conflicting
        link     c:5  bank -> other 1 EUR      linked_refused
        clock    0
        link     c:6  bank -> wallet 1 EUR     linked_refused
        link     c:6  bank -> wallet 1 EUR     journal_conflicting
        post     c:6  bank -> wallet 1 EUR     new
        post     c:7  wallet -> other 1 EUR    new
        # In one call, but each for itself: what comes later sees what came before.
        together t:1  wallet -> other 5 EUR    debit_limit_exceeded
        together t:2  bank -> wallet 5 EUR     new
        together t:3  wallet -> other 5 EUR    new
        together t:2  bank -> wallet 5 EUR     repeated
        together t:1  wallet -> other 5 EUR    debit_limit_exceeded
        together t:4  bank -> nowhere 5 EUR    account_unknown
        together t:5  bank -> wallet 5 EUR     new
        together t:1  wallet -> other 5 EUR    new
        together t:2  bank -> wallet 6 EUR     journal_conflicting
        balance  wallet  0
        balance  other   61
        balance  bank    61
        """;

    private const string Conditions = """
        account  bank    EUR debit
        account  wallet  EUR credit
        account  busy    EUR credit shards=4
        post     p:1  bank -> wallet 100 EUR    new
        if       wallet  version=1
        post     p:2  bank -> wallet 1 EUR      new
        if       wallet  version=1
        post     p:3  bank -> wallet 1 EUR      condition_failed
        if       wallet  balance>=102
        post     p:3  bank -> wallet 1 EUR      condition_failed
        if       wallet  balance>=101
        post     p:3  bank -> wallet 1 EUR      new
        if       bank    balance<=101
        post     p:4  bank -> wallet 1 EUR      condition_failed
        if       bank    balance<=102
        if       wallet  balance<=101
        post     p:4  bank -> wallet 1 EUR      condition_failed
        if       bank    balance<=102
        if       wallet  balance<=102
        post     p:4  bank -> wallet 1 EUR      new
        # A condition was true once; the repetition is still the same journal.
        if       wallet  version=1
        post     p:2  bank -> wallet 1 EUR      repeated
        # A shard does not know the balance of its account.
        if       busy    balance>=0
        post     p:5  bank -> busy 1 EUR        condition_failed
        post     p:5  bank -> busy 1 EUR        new
        post     p:6  bank -> busy 1 EUR        new
        balance  busy    2
        """;

    private const string Reversal = """
        account  bank    EUR debit
        account  wallet  EUR credit debits<=0
        post     p:1  bank -> wallet 100 EUR    new
        reverse  r:1  p:1                       new
        reverse  r:1  p:1                       repeated
        reverse  r:2  p:1                       already_reversed
        balance  wallet  0
        post     p:2  bank -> wallet 100 EUR    new
        post     p:3  wallet -> bank 30 EUR     new
        reverse  r:3  p:2                       debit_limit_exceeded
        reverse  r:4  p:3                       new
        reverse  r:3  p:2                       new
        # A reversal is a journal like any other.
        reverse  r:5  r:4                       debit_limit_exceeded
        reverse  r:6  nothing                   journal_unknown
        post     p:4  bank -> wallet 10 EUR     new
        hold     h:1  wallet -> bank 10 EUR     new
        reverse  r:7  h:1                       journal_unknown
        settle   s:1  h:1                       new
        reverse  r:8  s:1                       new
        balance  wallet  10 available 10
        """;

    /// <summary>Each row breaks everything that the rows below it break, and is answered with its own reason.</summary>
    private const string Precedence = """
        account  bank    EUR debit  credits<=0
        account  wallet  EUR credit debits<=0
        account  gone    EUR credit
        account  xof     XOF credit
        post     p:0  bank -> wallet 10 EUR                     new
        post     p:00 wallet -> bank 1 EUR                      new
        hold     h:0  wallet -> bank 5 EUR until 10             new
        void     v:0  h:0                                       new
        frozen   gone
        split    p:1  nowhere 0 gone 5 xof 3 EUR                amount_invalid
        split    p:1  nowhere 1 gone 5 xof 3 EUR                journal_unbalanced
        split    p:0  nowhere 1 gone 5 xof -6 EUR               journal_conflicting
        split    p:1  nowhere 1 gone 5 xof -6 EUR               account_unknown
        split    p:1  wallet 1 gone 5 xof -6 EUR                account_closed
        split    p:1  xof -6 nowhere 1 gone 5 EUR               account_unknown
        if       bank version=99
        split    p:1  wallet 20 xof -20 EUR                     currency_mismatch
        if       bank version=99
        post     p:1  wallet -> bank 2305843009213693951 EUR    condition_failed
        post     p:1  wallet -> bank 2305843009213693951 EUR    balance_too_large
        post     p:1  wallet -> bank 11 EUR                     debit_limit_exceeded
        post     p:2  gone -> bank 11 EUR                       account_closed
        open     gone
        post     p:2  gone -> bank 11 EUR                       credit_limit_exceeded
        settle   s:1  h:0                                       hold_ended
        """;

    private const string Accounts = """
        account  bank    EUR debit
        account  wallet  EUR credit debits<=0
        closed   wallet
        post     p:1  bank -> wallet 10 EUR                     account_closed
        open     wallet
        post     p:1  bank -> wallet 10 EUR                     new
        closed   bank                                           account_not_empty
        limit    wallet debits<=5
        post     p:2  wallet -> bank 15 EUR                     new
        limit    wallet debits<=4                               limit_below_balance
        limit    wallet debits<=5
        post     p:3  bank -> wallet 5 EUR                      new
        hold     h:1  bank -> wallet 1 EUR                      new
        closed   wallet                                         account_not_empty
        void     v:1  h:1                                       new
        closed   wallet
        post     p:3  bank -> wallet 5 EUR                      repeated
        post     p:4  bank -> wallet 5 EUR                      account_closed
        hold     h:2  bank -> wallet 5 EUR                      account_closed
        balance  bank    0
        """;

    private const string Currencies = """
        account  eur         EUR credit
        account  xof         XOF credit
        account  fx/eur      EUR debit
        account  fx/xof      XOF debit
        post     f:1  fx/eur -> eur 1000 EUR                    new
        post     f:2  eur -> fx/eur 100 EUR                     new
        post     f:3  fx/xof -> xof 65596 XOF                   new
        balance  fx/eur  900
        balance  xof     65596
        """;

    private static readonly (string Name, string Text)[] Tables =
    [
        (nameof(Repetition), Repetition), (nameof(Shapes), Shapes), (nameof(Limits), Limits), (nameof(TwoPhases), TwoPhases), (nameof(Expiry), Expiry), (nameof(Chains), Chains),
        (nameof(Conditions), Conditions), (nameof(Accounts), Accounts), (nameof(Reversal), Reversal), (nameof(Precedence), Precedence), (nameof(Currencies), Currencies),
    ];

    public static TheoryData<string> Names => [.. Tables.Select(table => table.Name)];

    [Theory, MemberData(nameof(Names))]
    public async Task The_ledger_answers_as_the_table_says(string name)
    {
        var script = await LedgerScript.RunAsync(database, Tables.Single(table => table.Name == name).Text);
        Assert.Empty((await database.App.ReadAsync(script.Tenant, session => Verification.RunAsync(session, null, [], default), default)).Findings);
    }
}
