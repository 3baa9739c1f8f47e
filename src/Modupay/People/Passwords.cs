using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Modupay.People;

/// <summary>ASP.NET Core's own hasher: PBKDF2 with HMAC-SHA-512, a salt of its own for each password, and the parameters written into the hash.</summary>
internal sealed class Passwords
{
    /// <summary>OWASP's figure for PBKDF2-HMAC-SHA512 (Password Storage Cheat Sheet). A login with an older hash writes a new one.</summary>
    public const int Iterations = 210_000;

    private static readonly object NoUser = new();

    private readonly PasswordHasher<object> _hasher;
    private readonly string _nobody;

    public Passwords(int iterations = Iterations)
    {
        _hasher = new(Options.Create(new PasswordHasherOptions { CompatibilityMode = PasswordHasherCompatibilityMode.IdentityV3, IterationCount = iterations }));
        _nobody = _hasher.HashPassword(NoUser, Guid.CreateVersion7(DateTimeOffset.UnixEpoch).ToString());
    }

    /// <param name="prepared">A password as <see cref="PasswordRules"/> prepares it.</param>
    public string Hash(string prepared) => _hasher.HashPassword(NoUser, prepared);

    /// <summary>Without a hash it does the same work, and fails: the time of an answer must not tell who has an account.</summary>
    public PasswordCheck Verify(string? hash, string password)
    {
        var answer = _hasher.VerifyHashedPassword(NoUser, hash ?? _nobody, PasswordRules.Prepare(password));
        return hash is null || answer == PasswordVerificationResult.Failed ? PasswordCheck.Wrong
            : answer == PasswordVerificationResult.SuccessRehashNeeded ? PasswordCheck.RightButWeak
            : PasswordCheck.Right;
    }
}

internal enum PasswordCheck { Wrong, Right, RightButWeak }
