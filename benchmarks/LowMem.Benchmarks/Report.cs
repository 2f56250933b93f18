using System.Globalization;
using System.Text;

namespace LowMem.Benchmarks;

/// <summary>The figures of a run as Markdown, with the machine they were measured on.</summary>
internal static class Report
{
    /// <summary>Joins what the benchmarks found: the targets first, in one table.</summary>
    /// <param name="sections">What was found so far.</param>
    /// <param name="unmeasured">The names of the benchmarks that are still to come, or that failed.</param>
    /// <param name="options">What was asked for.</param>
    public static string ToMarkdown(IReadOnlyList<Section> sections, IReadOnlyList<string> unmeasured, BenchmarkOptions options)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Medians of {options.Runs} runs, each in a process of its own, taken in turn; files in the page cache.");
        text.AppendLine(CultureInfo.InvariantCulture, $"{Machine.Describe()}.");
        if (unmeasured.Count > 0)
        {
            text.AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"**This run has not measured: {string.Join(", ", unmeasured)}.**");
        }

        text.AppendLine();
        text.AppendLine("| target | promised | measured | |");
        text.AppendLine("|---|---:|---:|---|");
        foreach (var target in sections.SelectMany(section => section.Targets))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {target.Name} | {target.Limit} | {target.Measured} | {(target.IsMet ? "met" : "**missed**")} |");
        }

        foreach (var section in sections)
        {
            text.AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"### {section.Title}");
            text.AppendLine();
            text.AppendLine(section.Markdown.TrimEnd());
        }

        return text.ToString();
    }
}
