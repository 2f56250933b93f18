using System.Xml;
using System.Xml.Linq;
using LowMem.HelpGenerator.Pages;

namespace LowMem.HelpGenerator.Maml;

/// <summary>The element of one parameter, the same in a syntax line and in the list of parameters.</summary>
internal static class MamlParameter
{
    public static XElement Create(Parameter parameter, ParameterSetMetadata use)
    {
        var metadata = parameter.Metadata;
        return new XElement(
            MamlNames.Command + "parameter",
            Flag("required", use.IsRequired),
            Flag("variableLength", use.ValueFromRemainingArguments),
            Flag("globbing", metadata.SupportsWildcards),
            new XAttribute("pipelineInput", DescribePipelineInput(use)),
            new XAttribute("position", use.IsNamed ? "named" : use.Position),
            new XAttribute("aliases", metadata.Aliases.Count == 0 ? "none" : string.Join(", ", metadata.Aliases)),
            new XElement(MamlNames.Maml + "name", parameter.Name),
            MamlCommand.Paragraphs("description", parameter.Description),
            CreateAcceptedValues(metadata),
            // A switch has no value to show.
            metadata.IsSwitch ? null : CreateValue(TypeName.Shorten(metadata.Type)),
            new XElement(MamlNames.Dev + "type", new XElement(MamlNames.Maml + "name", metadata.Type)),
            metadata.DefaultValue.Length == 0 ? null : new XElement(MamlNames.Dev + "defaultValue", metadata.DefaultValue));
    }

    private static string DescribePipelineInput(ParameterSetMetadata use) =>
        (use.ValueFromPipeline, use.ValueFromPipelineByPropertyName) switch
        {
            (true, true) => "true (ByValue, ByPropertyName)",
            (true, false) => "true (ByValue)",
            (false, true) => "true (ByPropertyName)",
            _ => "false",
        };

    private static XElement? CreateAcceptedValues(ParameterMetadata metadata) =>
        metadata.AcceptedValues.Count == 0
            ? null
            : new XElement(MamlNames.Command + "parameterValueGroup", metadata.AcceptedValues.Select(CreateValue));

    private static XElement CreateValue(string text) => new(
        MamlNames.Command + "parameterValue", Flag("required", true), Flag("variableLength", false), text);

    private static XAttribute Flag(string name, bool value) => new(name, XmlConvert.ToString(value));
}
