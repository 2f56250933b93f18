namespace LowMem.HelpGenerator.Pages;

/// <summary>A parameter as its section describes it.</summary>
internal sealed record Parameter(string Name, IReadOnlyList<string> Description, ParameterMetadata Metadata)
{
    /// <summary>How the parameter behaves in a parameter set, or null when it is not in that set.</summary>
    public ParameterSetMetadata? In(string parameterSet) =>
        Metadata.ParameterSets.Find(set => set.Name == parameterSet)
        ?? Metadata.ParameterSets.Find(set => set.Name == ParameterSetMetadata.All);
}
