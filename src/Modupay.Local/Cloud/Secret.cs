using System.Collections.Immutable;

namespace Modupay.Local.Cloud;

/// <summary>
/// A secret and its versions. Stages are the labels rotation moves about: a label is on one version at most, and when AWSCURRENT moves,
/// AWSPREVIOUS follows to where it was, so that a rotation that went wrong can be undone.
/// </summary>
internal sealed record Secret(string Name, string Arn, string Description, DateTimeOffset CreatedAt, ImmutableList<SecretVersion> Versions, DateTimeOffset? DeletedAt = null)
{
    public const string Current = "AWSCURRENT";
    public const string Previous = "AWSPREVIOUS";
    public const string Pending = "AWSPENDING";

    public SecretVersion? Version(string id) => Versions.Find(version => version.Id == id);

    public SecretVersion? Staged(string stage) => Versions.Find(version => version.Stages.Contains(stage));

    /// <summary>Adds a version, or gives one that a rotation reserved its value.</summary>
    public Secret With(SecretVersion added) => added.Stages.Aggregate(
        this with { Versions = Versions.RemoveAll(version => version.Id == added.Id).Add(added with { Stages = Version(added.Id)?.Stages ?? [] }) },
        (secret, stage) => secret.Move(stage, added.Id));

    /// <summary>Puts the label on a version and takes it from any other; null only takes it away.</summary>
    public Secret Move(string stage, string? toVersion)
    {
        var from = Staged(stage);
        if (from?.Id == toVersion) return this;

        var moved = this with { Versions = [.. Versions.Select(version => version.Id == toVersion ? version.Label(stage) : version.Unlabel(stage))] };
        return stage == Current && from is not null ? moved.Move(Previous, from.Id) : moved;
    }
}

/// <summary>One value a secret has or had; text or bytes.</summary>
internal sealed record SecretVersion(string Id, string? Text, byte[]? Binary, DateTimeOffset CreatedAt, ImmutableSortedSet<string> Stages)
{
    /// <summary>Reserved by a rotation, whose function has not given it a value yet.</summary>
    public bool IsEmpty => Text is null && Binary is null;

    public bool HasValueOf(SecretVersion other) => Text == other.Text && (Binary ?? []).AsSpan().SequenceEqual(other.Binary ?? []);

    public SecretVersion Label(string stage) => this with { Stages = Stages.Add(stage) };

    public SecretVersion Unlabel(string stage) => this with { Stages = Stages.Remove(stage) };
}
