using System.Text;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace LowMem.HelpGenerator.Pages;

/// <summary>Turns Markdown into the plain paragraphs that a console shows.</summary>
/// <param name="page">The name of the page in messages.</param>
internal sealed class PlainText(string page)
{
    /// <summary>The paragraphs of blocks; a block of code is one paragraph.</summary>
    /// <exception cref="HelpPageException">A block is of a kind that a console cannot show.</exception>
    public IReadOnlyList<string> OfBlocks(IEnumerable<Block> blocks) => [.. blocks.SelectMany(OfBlock)];

    /// <summary>The text of one paragraph or heading.</summary>
    public string OfInline(LeafBlock block)
    {
        var text = new StringBuilder();
        Append(text, block.Inline ?? throw Unknown(block), block);
        var result = text.ToString().Trim();
        return result.Contains("{{", StringComparison.Ordinal)
            ? throw new HelpPageException(page, block.Line + 1, $"'{result}' is a placeholder: write the text.")
            : result;
    }

    private IEnumerable<string> OfBlock(Block block) => block switch
    {
        ParagraphBlock paragraph => [OfInline(paragraph)],
        CodeBlock code => [string.Join('\n', Lines(code))],
        ListBlock list => list.Cast<ListItemBlock>().SelectMany((item, index) => OfItem(list, item, index)),
        _ => throw Unknown(block),
    };

    /// <summary>The lines of a block of code, without the fence.</summary>
    public static IEnumerable<string> Lines(CodeBlock code) =>
        code.Lines.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    private IEnumerable<string> OfItem(ListBlock list, ListItemBlock item, int index)
    {
        var bullet = list.IsOrdered ? $"{index + 1}. " : "- ";
        var indent = new string(' ', bullet.Length);
        return OfBlocks(item).Select((text, i) => i == 0 ? bullet + text : indent + text);
    }

    private void Append(StringBuilder text, ContainerInline container, Block block)
    {
        foreach (var inline in container)
        {
            switch (inline)
            {
                case LiteralInline literal:
                    text.Append(literal.Content.AsSpan());
                    break;
                case CodeInline code:
                    text.Append(code.Content);
                    break;
                case LineBreakInline:
                    text.Append(' ');
                    break;
                case HtmlEntityInline entity:
                    text.Append(entity.Transcoded.AsSpan());
                    break;
                case AutolinkInline link:
                    text.Append(link.Url);
                    break;
                case LinkInline { IsImage: false } link:
                    Append(text, link, block);
                    if (Link.IsAddress(link.Url))
                    {
                        text.Append(" (").Append(link.Url).Append(')');
                    }

                    break;
                case EmphasisInline emphasis:
                    Append(text, emphasis, block);
                    break;
                default:
                    throw Unknown(block);
            }
        }
    }

    private HelpPageException Unknown(Block block) => new(
        page, block.Line + 1, $"a console cannot show this ({block.GetType().Name}): use paragraphs, lists and code.");
}
