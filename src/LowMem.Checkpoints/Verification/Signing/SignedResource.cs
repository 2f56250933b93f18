namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>A file, or a range of one, that a signature vouches for.</summary>
/// <param name="Path">The path relative to the model, with slashes; <c>.</c> when the model is one file.</param>
/// <param name="Start">Where the range starts, in bytes.</param>
/// <param name="End">Where it ends, exclusive; null for the whole file.</param>
/// <param name="Digest">The digest of its bytes.</param>
internal sealed record SignedResource(string Path, long Start, long? End, byte[] Digest);
