using System.Xml.Linq;
using LowMem.HelpGenerator.Maml;
using LowMem.HelpGenerator.Pages;
using Xunit;

namespace LowMem.HelpGenerator.Tests;

public class MamlDocumentTests
{
    private static readonly string Text = MamlDocument.Write([HelpPageParser.Parse(SamplePage.FileName, SamplePage.Text)]);

    private static XElement Command => XDocument.Parse(Text).Root!.Elements().Single();

    [Fact]
    public void Writes_details_and_texts()
    {
        var details = Command.Element(MamlNames.Command + "details")!;

        Assert.Equal("Get-Sample", details.Element(MamlNames.Command + "name")!.Value);
        Assert.Equal("Get", details.Element(MamlNames.Command + "verb")!.Value);
        Assert.Equal("Sample", details.Element(MamlNames.Command + "noun")!.Value);
        Assert.Equal("Gets a sample.", details.Element(MamlNames.Maml + "description")!.Value);
        Assert.Equal("A note.", Command.Element(MamlNames.Maml + "alertSet")!.Value);
    }

    [Fact]
    public void Writes_what_differs_between_parameter_sets_into_the_syntax()
    {
        var items = Command.Element(MamlNames.Command + "syntax")!.Elements()
            .Select(item => item.Elements(MamlNames.Command + "parameter")
                .Select(parameter => parameter.Element(MamlNames.Maml + "name")!.Value));

        Assert.Equal([["Path", "Kind", "Summary"], ["LiteralPath", "Kind", "Summary"]], items);
    }

    [Fact]
    public void Writes_a_parameter_with_all_that_get_help_shows()
    {
        var parameters = Command.Element(MamlNames.Command + "parameters")!.Elements().ToList();
        var expected = XElement.Parse($"""
            <command:parameter xmlns:command="{MamlNames.Command}" xmlns:maml="{MamlNames.Maml}" xmlns:dev="{MamlNames.Dev}"
                required="false" variableLength="false" globbing="false" pipelineInput="true (ByPropertyName)"
                position="named" aliases="k, sort">
              <maml:name>Kind</maml:name>
              <maml:description><maml:para>The kind.</maml:para></maml:description>
              <command:parameterValueGroup>
                <command:parameterValue required="true" variableLength="false">small</command:parameterValue>
                <command:parameterValue required="true" variableLength="false">large</command:parameterValue>
              </command:parameterValueGroup>
              <command:parameterValue required="true" variableLength="false">string</command:parameterValue>
              <dev:type><maml:name>System.String</maml:name></dev:type>
              <dev:defaultValue>small</dev:defaultValue>
            </command:parameter>
            """);
        foreach (var declaration in expected.Attributes().Where(attribute => attribute.IsNamespaceDeclaration).ToList())
        {
            declaration.Remove();
        }

        Assert.Equal(expected.ToString(), WithoutNamespaces(parameters[0]).ToString());
        Assert.Equal("0", parameters[2].Attribute("position")!.Value);
        Assert.Equal("true (ByValue, ByPropertyName)", parameters[2].Attribute("pipelineInput")!.Value);
        Assert.Null(parameters[3].Element(MamlNames.Command + "parameterValue"));
    }

    [Fact]
    public void Gives_the_same_text_whatever_the_order_of_pages()
    {
        var first = HelpPageParser.Parse(SamplePage.FileName, SamplePage.Text);
        var second = first with { Name = "Add-Sample" };

        Assert.Equal(MamlDocument.Write([first, second]), MamlDocument.Write([second, first]));
        Assert.DoesNotContain('\r', Text);
        Assert.EndsWith("</helpItems>\n", Text, StringComparison.Ordinal);
    }

    private static XElement WithoutNamespaces(XElement element)
    {
        var copy = new XElement(element);
        copy.Attributes().Where(attribute => attribute.IsNamespaceDeclaration).Remove();
        return copy;
    }
}
