using Markdig;
using Markdig.Extensions.Yaml;
using Markdig.Syntax;

namespace LowMem.HelpGenerator.Pages;

/// <summary>A page cut at its headings: front matter, the title, and the sections below it.</summary>
internal sealed class PageOutline
{
    private const int SectionLevel = 2;
    private const int SubsectionLevel = 3;

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UseYamlFrontMatter().Build();

    private readonly string _page;

    private PageOutline(string page, string frontMatter, string title, IReadOnlyList<Section> sections)
    {
        _page = page;
        FrontMatter = frontMatter;
        Title = title;
        Sections = sections;
    }

    public string FrontMatter { get; }

    public string Title { get; }

    public IReadOnlyList<Section> Sections { get; }

    /// <summary>Cuts a page; <paramref name="page"/> is its name in messages.</summary>
    /// <exception cref="HelpPageException">The headings are not those of a page.</exception>
    public static PageOutline Parse(string page, string markdown)
    {
        var text = new PlainText(page);
        var frontMatter = "";
        string? title = null;
        var sections = new List<Section>();
        foreach (var block in Markdown.Parse(markdown, Pipeline))
        {
            var line = block.Line + 1;
            switch (block)
            {
                case YamlFrontMatterBlock yaml:
                    frontMatter = yaml.Lines.ToString();
                    break;
                case HeadingBlock { Level: 1 } heading when title is null:
                    title = text.OfInline(heading);
                    break;
                case HeadingBlock { Level: SectionLevel } heading:
                    sections.Add(new Section(text.OfInline(heading), line));
                    break;
                case HeadingBlock { Level: SubsectionLevel } heading when sections.Count > 0:
                    sections[^1].Sections.Add(new Section(text.OfInline(heading), line));
                    break;
                case HeadingBlock heading:
                    throw new HelpPageException(page, line, $"a heading of level {heading.Level} has no place here.");
                case var _ when sections.Count == 0:
                    throw new HelpPageException(page, line, "there is text before the first section.");
                default:
                    (sections[^1].Sections.LastOrDefault() ?? sections[^1]).Blocks.Add(block);
                    break;
            }
        }

        return new PageOutline(
            page, frontMatter, title ?? throw new HelpPageException(page, 1, "there is no title."), sections);
    }

    /// <summary>Finds the section that every page has.</summary>
    /// <exception cref="HelpPageException">There is none, or more than one.</exception>
    public Section Get(string title)
    {
        var found = Sections.Where(section => section.Title == title).ToList();
        return found.Count == 1
            ? found[0]
            : throw new HelpPageException(_page, 1, $"there must be one section '## {title}', not {found.Count}.");
    }
}
