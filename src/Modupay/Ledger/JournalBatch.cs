using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Modupay.Ledger;

/// <summary>Journals as the columns that ledger.post reads: one is a batch of one, so single and bulk posting are the same code.</summary>
internal sealed class JournalBatch(TimeProvider time)
{
    private readonly List<int> _chains = [];
    private readonly List<Guid> _ids = [];
    private readonly List<Journal> _journals = [];
    private readonly List<int> _lineJournals = [];
    private readonly List<Posting> _lines = [];
    private int _chain;

    public int Count => _journals.Count;

    public void AddChain(IReadOnlyList<Journal> chain)
    {
        _chain++;
        foreach (var journal in chain)
        {
            if (journal.Postings.Count == 0) throw new ArgumentException($"The journal {journal.Source} has no postings.", nameof(chain));
            _chains.Add(_chain);
            _ids.Add(Id.New<JournalId>(time).Value);
            _journals.Add(journal);
            foreach (var posting in journal.Postings)
            {
                _lineJournals.Add(_journals.Count);
                _lines.Add(posting);
            }
        }
    }

    public object?[] Parameters(DateTimeOffset now) =>
    [
        now, _chains.ToArray(), _ids.ToArray(),
        _journals.Select(journal => journal.Source).ToArray(),
        _journals.Select(Digest).ToArray(),
        _journals.Select(journal => journal.EffectiveOn).ToArray(),
        _journals.Select(journal => journal.Description).ToArray(),
        _lineJournals.ToArray(),
        _lines.Select(line => line.Account).ToArray(),
        _lines.Select(line => line.Amount.Currency.Code).ToArray(),
        _lines.Select(line => line.Amount.Minor).ToArray(),
    ];

    public List<Result<Posted>> Read((string[] Outcomes, string?[] Subjects) answer) =>
        [.. answer.Outcomes.Select((outcome, i) => Read(outcome, answer.Subjects.ElementAtOrDefault(i), _journals[i]))];

    private static Result<Posted> Read(string outcome, string? account, Journal journal) => outcome switch
    {
        "new" => Posted.New,
        "repeated" => Posted.Repeated,
        "conflicting" => new Problem(Errors.JournalConflicting, $"'{journal.Source}' was first posted with other contents."),
        "linked_conflicting" => new Problem(Errors.JournalConflicting, $"Some of the journals around '{journal.Source}' were posted on their own before."),
        "linked_refused" => new Problem(Errors.LinkedRefused, $"'{journal.Source}' stands or falls with a journal that was refused."),
        "journal_unbalanced" => new Problem(Errors.JournalUnbalanced, $"The postings of '{journal.Source}' do not add up to zero."),
        _ when Errors.All.TryGetValue(outcome, out var error) => new Problem(error, $"'{journal.Source}' posts to '{account}'."),
        _ => throw new InvalidOperationException($"ledger.post answered '{outcome}'."),
    };

    /// <summary>What makes two journals of one source the same. Every part is preceded by its length, so that no two journals run together.</summary>
    private static byte[] Digest(Journal journal)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[8];
        void Text(string value, Span<byte> buffer)
        {
            var bytes = Encoding.UTF8.GetBytes(value);
            Number(bytes.Length, buffer);
            hash.AppendData(bytes);
        }
        void Number(long value, Span<byte> buffer)
        {
            BinaryPrimitives.WriteInt64BigEndian(buffer, value);
            hash.AppendData(buffer);
        }

        Text(journal.Source, number);
        Number(journal.EffectiveOn.DayNumber, number);
        Text(journal.Description, number);
        foreach (var posting in journal.Postings)
        {
            Text(posting.Account, number);
            Text(posting.Amount.Currency.Code, number);
            Number(posting.Amount.Minor, number);
        }
        return hash.GetHashAndReset();
    }
}
