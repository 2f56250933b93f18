namespace LowMem.Checkpoints.Sources;

/// <summary>Something in a directory.</summary>
/// <param name="Name">Its name in the directory.</param>
/// <param name="IsDirectory">Whether it is a directory, or a link to one.</param>
/// <param name="IsLink">Whether it is a link.</param>
public readonly record struct LocationEntry(string Name, bool IsDirectory, bool IsLink);
