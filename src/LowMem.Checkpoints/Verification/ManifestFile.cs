namespace LowMem.Checkpoints.Verification;

/// <summary>A file of a checkpoint as it was when its manifest was made.</summary>
/// <param name="Path">The path relative to the directory of the checkpoint, with slashes.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Sha256">The SHA-256 of its content, in 64 lower-case hexadecimal digits.</param>
public sealed record ManifestFile(string Path, long Length, string Sha256);
