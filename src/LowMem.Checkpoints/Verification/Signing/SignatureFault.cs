using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Why a signature does not hold: becomes a finding. Never leaves this room.</summary>
/// <param name="code">One of <see cref="FindingCodes"/>.</param>
/// <param name="message">What is wrong, in one sentence without a full stop.</param>
/// <param name="cause">Why, or null.</param>
internal sealed class SignatureFault(string code, string message, Exception? cause = null) : Exception(message, cause)
{
    public string Code => code;

    public static SignatureFault Invalid(string message, Exception? cause = null) => new(FindingCodes.SignatureInvalid, message, cause);

    public static SignatureFault Untrusted(string message, Exception? cause = null) => new(FindingCodes.SignatureUntrusted, message, cause);

    public static SignatureFault Unsupported(string message) => new(FindingCodes.SignatureUnsupported, message);
}
