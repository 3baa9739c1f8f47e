namespace Modupay.Local.Cloud;

/// <summary>Something on this machine keeps the local cloud from starting. The message is one sentence for the person at the keyboard.</summary>
internal sealed class CannotStartException : Exception
{
    public CannotStartException(string sentence) : base(sentence) { }

    public CannotStartException(string sentence, Exception cause) : base(sentence, cause) { }
}
