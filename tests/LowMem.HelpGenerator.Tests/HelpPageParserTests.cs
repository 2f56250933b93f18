using LowMem.HelpGenerator.Pages;
using Xunit;

namespace LowMem.HelpGenerator.Tests;

public class HelpPageParserTests
{
    private static HelpPage Parse(string text) => HelpPageParser.Parse(SamplePage.FileName, text);

    private static string GetError(string old, string replacement)
    {
        Assert.Contains(old, SamplePage.Text, StringComparison.Ordinal);
        var text = SamplePage.Text.Replace(old, replacement, StringComparison.Ordinal);
        return Assert.Throws<HelpPageException>(() => Parse(text)).Message;
    }

    [Fact]
    public void Reads_texts_as_plain_paragraphs()
    {
        var page = Parse(SamplePage.Text);

        Assert.Equal(["Gets a sample."], page.Synopsis);
        Assert.Equal(
            [
                "First paragraph, on two lines, with code & https://example.com.",
                "- an item",
                "- a link (https://example.com/page) and a page",
            ],
            page.Description);
        Assert.Equal([new Link("Get-Other", ""), new Link("Elsewhere", "https://example.com/")], page.Links);
    }

    [Fact]
    public void Splits_an_example_at_its_first_code()
    {
        var example = Assert.Single(Parse(SamplePage.Text).Examples);

        Assert.Equal("Example 1: Get one", example.Title);
        Assert.Equal(["Before."], example.Introduction);
        Assert.Equal("# not a heading\nGet-Sample <file>", example.Code);
        Assert.Equal(["Name\n----\n  x", "After."], example.Remarks);
    }

    [Fact]
    public void Puts_parameters_of_a_set_in_the_order_of_its_syntax_line()
    {
        var sets = Parse(SamplePage.Text).ParameterSets;

        Assert.Equal(["Path", "Literal"], sets.Select(set => set.Name));
        Assert.Equal(["Path", "Kind", "Summary"], sets[0].Parameters.Select(parameter => parameter.Name));
        Assert.Equal(["LiteralPath", "Kind", "Summary"], sets[1].Parameters.Select(parameter => parameter.Name));
    }

    [Theory]
    [InlineData("[-Kind <string>]\n", "[-Kind <int>]\n")]
    [InlineData("[-Path] <string[]>", "-Path <string[]>")]
    [InlineData("[-Path] <string[]>", "[[-Path] <string[]>]")]
    [InlineData(" [-Summary] [<CommonParameters>]\n```\n\n###", " [<CommonParameters>]\n```\n\n###")]
    [InlineData("[-Summary] [<CommonParameters>]\n```\n\n###", "[-Summary] [-More] [<CommonParameters>]\n```\n\n###")]
    public void Rejects_a_syntax_line_that_does_not_fit_the_parameters(string old, string replacement) =>
        Assert.Equal(
            "Get-Sample.md(17): the syntax does not fit the parameters; they say:\n"
            + "Get-Sample [-Path] <string[]> [-Kind <string>] [-Summary] [<CommonParameters>]",
            GetError(old, replacement));

    [Theory]
    [InlineData("## NOTES\n", "## Notes\n", "Get-Sample.md(1): there must be one section '## NOTES', not 0.")]
    [InlineData("A note.\n", "", "Get-Sample.md(167): 'NOTES' has no text.")]
    [InlineData("The path.\n", "", "Get-Sample.md(109): '-Path' has no text.")]
    [InlineData("The path.", "{{ Fill Path Description }}", "Get-Sample.md(111): '{{ Fill Path Description }}' is a placeholder: write the text.")]
    [InlineData("### -Path\n", "### Path\n", "Get-Sample.md(109): the heading of a parameter starts with '-'.")]
    [InlineData("- Name: Literal\n", "- Name: Litoral\n", "Get-Sample.md(15): 'SYNTAX' does not show the parameter set 'Litoral'.")]
    [InlineData("# Get-Sample\n", "# Get-Simple\n", "Get-Sample.md(1): title, heading and file name must be the same.")]
    [InlineData("Module Name: Sample\n", "", "Get-Sample.md(1): the front matter has no 'Module Name'.")]
    [InlineData("A note.", "> A quote.", "Get-Sample.md(169): a console cannot show this (QuoteBlock): use paragraphs, lists and code.")]
    public void Rejects_a_page_that_breaks_the_schema(string old, string replacement, string message) =>
        Assert.Equal(message, GetError(old, replacement));

    [Fact]
    public void Rejects_a_key_that_the_schema_does_not_have() =>
        Assert.StartsWith(
            "Get-Sample.md(70): Property 'Globbing' not found",
            GetError("DefaultValue: small\nSupportsWildcards", "DefaultValue: small\nGlobbing"),
            StringComparison.Ordinal);
}
