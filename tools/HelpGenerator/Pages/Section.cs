using Markdig.Syntax;

namespace LowMem.HelpGenerator.Pages;

/// <summary>A heading with the blocks up to the next heading, and the sections below it.</summary>
internal sealed class Section(string title, int line)
{
    public string Title { get; } = title;

    /// <summary>The line in the file, from 1.</summary>
    public int Line { get; } = line;

    public List<Block> Blocks { get; } = [];

    public List<Section> Sections { get; } = [];
}
