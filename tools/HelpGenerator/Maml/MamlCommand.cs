using System.Xml.Linq;
using LowMem.HelpGenerator.Pages;

namespace LowMem.HelpGenerator.Maml;

/// <summary>The element of one cmdlet.</summary>
internal static class MamlCommand
{
    private const string TitleRule = "----------";

    public static XElement Create(HelpPage page)
    {
        var (verb, noun) = page.Name.Split('-') is [var first, var second]
            ? (first, second)
            : throw new HelpPageException($"{page.Name}.md", 1, "the name of a cmdlet is a verb, a dash and a noun.");
        return new XElement(
            MamlNames.Command + "command",
            new XElement(
                MamlNames.Command + "details",
                new XElement(MamlNames.Command + "name", page.Name),
                Paragraphs("description", page.Synopsis),
                new XElement(MamlNames.Command + "verb", verb),
                new XElement(MamlNames.Command + "noun", noun)),
            Paragraphs("description", page.Description),
            new XElement(
                MamlNames.Command + "syntax", page.ParameterSets.Select(set => CreateSyntaxItem(page.Name, set))),
            new XElement(
                MamlNames.Command + "parameters",
                page.Parameters.Select(parameter =>
                    MamlParameter.Create(parameter, parameter.Metadata.ParameterSets[0]))),
            new XElement(MamlNames.Command + "inputTypes", CreateTypes("inputType", page.Inputs)),
            new XElement(MamlNames.Command + "returnValues", CreateTypes("returnValue", page.Outputs)),
            new XElement(
                MamlNames.Maml + "alertSet", new XElement(MamlNames.Maml + "alert", CreateParagraphs(page.Notes))),
            new XElement(MamlNames.Command + "examples", page.Examples.Select(CreateExample)),
            new XElement(MamlNames.Command + "relatedLinks", CreateLinks(page)));
    }

    /// <summary>An element of the MAML namespace that holds paragraphs.</summary>
    public static XElement Paragraphs(string name, IEnumerable<string> text) =>
        new(MamlNames.Maml + name, CreateParagraphs(text));

    private static IEnumerable<XElement> CreateParagraphs(IEnumerable<string> text) =>
        text.Select(paragraph => new XElement(MamlNames.Maml + "para", paragraph));

    private static XElement CreateSyntaxItem(string command, ParameterSet set) => new(
        MamlNames.Command + "syntaxItem",
        new XElement(MamlNames.Maml + "name", command),
        set.Parameters.Where(parameter => !parameter.Metadata.DontShow)
            .Select(parameter => MamlParameter.Create(parameter, parameter.In(set.Name)!)));

    private static IEnumerable<XElement> CreateTypes(string element, IEnumerable<DataType> types) =>
        types.Select(type => new XElement(
            MamlNames.Command + element,
            new XElement(MamlNames.Dev + "type", new XElement(MamlNames.Maml + "name", type.Name)),
            Paragraphs("description", type.Description)));

    private static XElement CreateExample(Example example) => new(
        MamlNames.Command + "example",
        new XElement(MamlNames.Maml + "title", $"{TitleRule} {example.Title} {TitleRule}"),
        Paragraphs("introduction", example.Introduction),
        new XElement(MamlNames.Dev + "code", example.Code),
        // Get-Help leaves no line between two examples by itself.
        new XElement(MamlNames.Dev + "remarks", CreateParagraphs([.. example.Remarks, ""])));

    private static IEnumerable<XElement> CreateLinks(HelpPage page)
    {
        // Get-Help -Online opens the first link that has an address.
        var online = page.OnlineAddress.Length > 0 ? [new Link("Online Version:", page.OnlineAddress)] : Array.Empty<Link>();
        return online.Concat(page.Links).Select(link => new XElement(
            MamlNames.Maml + "navigationLink",
            new XElement(MamlNames.Maml + "linkText", link.Text),
            new XElement(MamlNames.Maml + "uri", link.Address)));
    }
}
