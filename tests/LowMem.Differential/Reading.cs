namespace LowMem.Differential;

/// <summary>What a reader made of a pickle.</summary>
/// <param name="IsRead">Whether it was read up to its STOP.</param>
/// <param name="Length">How many bytes it has; of one that was not read, nothing in particular.</param>
/// <param name="Globals">Modules and names, joined by a line feed.</param>
/// <param name="Text">What it holds, in a form that is the same for all readers; or why it was refused.</param>
internal sealed record Reading(bool IsRead, long Length, IReadOnlyList<string> Globals, string Text);
