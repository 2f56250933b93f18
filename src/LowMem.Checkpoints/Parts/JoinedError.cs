namespace LowMem.Checkpoints.Parts;

/// <summary>An error that one machine would have written.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Target">What it is about.</param>
/// <param name="Category">The category, by PowerShell's name; null when the id says it.</param>
public sealed record JoinedError(string Id, string Message, string? Target, string? Category);
