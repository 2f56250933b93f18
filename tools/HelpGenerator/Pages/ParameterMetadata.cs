namespace LowMem.HelpGenerator.Pages;

/// <summary>The YAML block of a parameter. The names are those of the platyPS schema 2024-05-01.</summary>
internal sealed class ParameterMetadata
{
    public string Type { get; set; } = "";

    public string DefaultValue { get; set; } = "";

    public bool SupportsWildcards { get; set; }

    public List<string> Aliases { get; set; } = [];

    public List<ParameterSetMetadata> ParameterSets { get; set; } = [];

    public bool DontShow { get; set; }

    public List<string> AcceptedValues { get; set; } = [];

    public string HelpMessage { get; set; } = "";

    public bool IsSwitch => Type == "System.Management.Automation.SwitchParameter";
}
