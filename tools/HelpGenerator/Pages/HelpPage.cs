namespace LowMem.HelpGenerator.Pages;

/// <summary>The page of one cmdlet. Texts are plain: one string per paragraph.</summary>
internal sealed record HelpPage(
    string Name,
    string ModuleName,
    string HelpFileName,
    string OnlineAddress,
    IReadOnlyList<string> Synopsis,
    IReadOnlyList<ParameterSet> ParameterSets,
    IReadOnlyList<string> Description,
    IReadOnlyList<Example> Examples,
    IReadOnlyList<Parameter> Parameters,
    IReadOnlyList<DataType> Inputs,
    IReadOnlyList<DataType> Outputs,
    IReadOnlyList<string> Notes,
    IReadOnlyList<Link> Links);
