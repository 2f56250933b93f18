using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace LowMem.HelpGenerator.Pages;

/// <summary>Reads a page of the platyPS schema 2024-05-01 (Microsoft.PowerShell.PlatyPS 1.0).</summary>
internal sealed class HelpPageParser
{
    private const string DefaultMark = " (Default)";
    private const string CommonParameters = "CommonParameters";

    private readonly string _page;
    private readonly PageOutline _outline;
    private readonly PlainText _text;

    private HelpPageParser(string page, string markdown)
    {
        _page = page;
        _outline = PageOutline.Parse(page, markdown);
        _text = new PlainText(page);
    }

    /// <summary>Reads a page; <paramref name="page"/> is its file name.</summary>
    /// <exception cref="HelpPageException">The page breaks the schema, lacks a text, or contradicts itself.</exception>
    public static HelpPage Parse(string page, string markdown) => new HelpPageParser(page, markdown).Parse();

    private HelpPage Parse()
    {
        var matter = PageYaml.Read<Dictionary<string, string>>(_page, 1, _outline.FrontMatter);
        Require(1, FrontMatter(matter, "document type") == "cmdlet", "'document type' must be 'cmdlet'.");
        var name = FrontMatter(matter, "title");
        Require(1, name == _outline.Title && $"{name}.md" == _page, "title, heading and file name must be the same.");
        var parameters = ReadParameters();
        return new HelpPage(
            name,
            FrontMatter(matter, "Module Name"),
            FrontMatter(matter, "external help file"),
            matter.GetValueOrDefault("HelpUri", ""),
            ReadText(_outline.Get("SYNOPSIS")),
            ReadParameterSets(name, parameters),
            ReadText(_outline.Get("DESCRIPTION")),
            [.. _outline.Get("EXAMPLES").Sections.Select(ReadExample)],
            parameters,
            ReadTypes("INPUTS"),
            ReadTypes("OUTPUTS"),
            ReadText(_outline.Get("NOTES")),
            [.. ReadLinks(_outline.Get("RELATED LINKS"))]);
    }

    private string FrontMatter(Dictionary<string, string> matter, string key) =>
        matter.GetValueOrDefault(key) is { Length: > 0 } value
            ? value
            : throw new HelpPageException(_page, 1, $"the front matter has no '{key}'.");

    private IReadOnlyList<string> ReadText(Section section) => ReadText(section, section.Blocks);

    private IReadOnlyList<string> ReadText(Section section, IEnumerable<Block> blocks)
    {
        var text = _text.OfBlocks(blocks);
        Require(section.Line, text.Count > 0, $"'{section.Title}' has no text.");
        return text;
    }

    private List<Parameter> ReadParameters() =>
    [
        .. _outline.Get("PARAMETERS").Sections.Where(section => section.Title != CommonParameters).Select(ReadParameter),
    ];

    private Parameter ReadParameter(Section section)
    {
        Require(section.Line, section.Title.StartsWith('-'), "the heading of a parameter starts with '-'.");
        var yaml = section.Blocks.OfType<FencedCodeBlock>().FirstOrDefault(block => block.Info == "yaml")
            ?? throw new HelpPageException(_page, section.Line, $"'{section.Title}' has no block of YAML.");
        var metadata = PageYaml.Read<ParameterMetadata>(_page, yaml.Line + 1, yaml.Lines.ToString());
        Require(section.Line, metadata.ParameterSets.Count > 0, $"'{section.Title}' is in no parameter set.");
        return new Parameter(
            section.Title[1..], ReadText(section, section.Blocks.Where(block => block != yaml)), metadata);
    }

    private List<ParameterSet> ReadParameterSets(string command, List<Parameter> parameters)
    {
        var syntax = _outline.Get("SYNTAX");
        Require(syntax.Line, syntax.Sections.Count > 0, "'SYNTAX' shows no parameter set.");
        var unknown = parameters.SelectMany(parameter => parameter.Metadata.ParameterSets).FirstOrDefault(
            use => use.Name != ParameterSetMetadata.All
                && syntax.Sections.TrueForAll(section => GetParameterSetName(section) != use.Name));
        Require(syntax.Line, unknown is null, $"'SYNTAX' does not show the parameter set '{unknown?.Name}'.");
        return [.. syntax.Sections.Select(section => ReadParameterSet(command, section, parameters))];
    }

    private static string GetParameterSetName(Section section) =>
        section.Title.Replace(DefaultMark, "", StringComparison.Ordinal);

    private ParameterSet ReadParameterSet(string command, Section section, List<Parameter> parameters)
    {
        var name = GetParameterSetName(section);
        var code = section.Blocks.OfType<CodeBlock>().FirstOrDefault()
            ?? throw new HelpPageException(_page, section.Line, $"'{section.Title}' has no syntax line.");
        var shown = SyntaxLine.Normalize(string.Join(' ', PlainText.Lines(code)));
        // The page's line decides the order; all else in it has to agree with the sections below.
        var order = SyntaxLine.GetNames(shown).ToList();
        var members = parameters.Where(parameter => parameter.In(name) is not null)
            .OrderBy(parameter => order.IndexOf(parameter.Name) is >= 0 and var place ? place : order.Count).ToList();
        var set = new ParameterSet(name, members);
        var expected = SyntaxLine.Render(command, set);
        Require(section.Line, shown == expected, $"the syntax does not fit the parameters; they say:\n{expected}");
        return set;
    }

    private Example ReadExample(Section section)
    {
        var code = section.Blocks.FindIndex(block => block is CodeBlock);
        Require(section.Line, code >= 0, $"'{section.Title}' has no code.");
        return new Example(
            section.Title,
            _text.OfBlocks(section.Blocks.Take(code)),
            string.Join('\n', PlainText.Lines((CodeBlock)section.Blocks[code])),
            _text.OfBlocks(section.Blocks.Skip(code + 1)));
    }

    private List<DataType> ReadTypes(string title) =>
        [.. _outline.Get(title).Sections.Select(section => new DataType(section.Title, ReadText(section)))];

    private IEnumerable<Link> ReadLinks(Section section) =>
        section.Blocks.SelectMany(block => block.Descendants<LinkInline>()).Select(link => new Link(
            string.Concat(link.Descendants<LiteralInline>().Select(text => text.Content.ToString())),
            Link.IsAddress(link.Url) ? link.Url! : ""));

    private void Require(int line, bool condition, string problem)
    {
        if (!condition)
        {
            throw new HelpPageException(_page, line, problem);
        }
    }
}
