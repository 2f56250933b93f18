namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>A file of a model.</summary>
/// <param name="Path">The path relative to the model, with slashes.</param>
/// <param name="FullPath">The full path.</param>
/// <param name="IsLink">Whether it is a symbolic link.</param>
/// <param name="IsDirectory">Whether the link leads to a directory.</param>
internal sealed record ModelFile(string Path, string FullPath, bool IsLink, bool IsDirectory);
