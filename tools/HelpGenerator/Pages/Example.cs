namespace LowMem.HelpGenerator.Pages;

/// <summary>An example: what it is about, the first block of code, and all that follows.</summary>
internal sealed record Example(
    string Title, IReadOnlyList<string> Introduction, string Code, IReadOnlyList<string> Remarks);
