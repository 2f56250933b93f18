namespace LowMem.HelpGenerator.Pages;

/// <summary>A type that a cmdlet takes from the pipeline or writes to it.</summary>
internal sealed record DataType(string Name, IReadOnlyList<string> Description);
