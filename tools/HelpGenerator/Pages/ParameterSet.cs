namespace LowMem.HelpGenerator.Pages;

/// <summary>One way to call a cmdlet; the parameters stand in the order of the page's syntax line.</summary>
internal sealed record ParameterSet(string Name, IReadOnlyList<Parameter> Parameters);
