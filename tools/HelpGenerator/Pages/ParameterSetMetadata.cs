namespace LowMem.HelpGenerator.Pages;

/// <summary>How a parameter behaves in one parameter set, or in all.</summary>
internal sealed class ParameterSetMetadata
{
    public const string All = "(All)";

    private const string Named = "Named";

    public string Name { get; set; } = All;

    public string Position { get; set; } = Named;

    public bool IsRequired { get; set; }

    public bool ValueFromPipeline { get; set; }

    public bool ValueFromPipelineByPropertyName { get; set; }

    public bool ValueFromRemainingArguments { get; set; }

    public bool IsNamed => string.Equals(Position, Named, StringComparison.OrdinalIgnoreCase);
}
