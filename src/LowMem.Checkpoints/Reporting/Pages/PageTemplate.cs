using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Reporting.Pages;

/// <summary>
/// The page without its data: markup, style and script, of which the policy in the page names the digests, so that a browser runs
/// nothing else.
/// </summary>
internal static class PageTemplate
{
    private static readonly string Style = ReadResource("report.css");
    private static readonly string Script = ReadResource("report.js");
    private static readonly string Markup = ReadResource("report.html");

    /// <summary>
    /// What a browser may do with the page: show it, with this style and this script. Nothing is fetched or sent, and no text is made
    /// markup, whatever a name in a checkpoint says.
    /// </summary>
    public static string Policy { get; } =
        $"default-src 'none'; script-src {Digest(Script)}; style-src {Digest(Style)}; base-uri 'none'; form-action 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>Writes the page around its data.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="content">What the page is of.</param>
    /// <param name="writeData">Writes the data, in which no '&lt;' is left as it is.</param>
    public static void Write(Stream stream, ReportContent content, Action writeData)
    {
        foreach (string piece in Markup.Split("{{").SelectMany((text, index) => index == 0 ? [text] : Expand(text)))
        {
            switch (piece)
            {
                case "{policy}":
                    WriteText(Policy);
                    break;
                case "{title}":
                    WriteText(Encode(PageNames.Leaf(content.Verdict.Path)));
                    break;
                case "{summary}":
                    WriteText(Encode(Summarize(content)));
                    break;
                case "{style}":
                    WriteText(Style);
                    break;
                case "{script}":
                    WriteText(Script);
                    break;
                case "{data}":
                    writeData();
                    break;
                default:
                    WriteText(piece);
                    break;
            }
        }

        void WriteText(string text) => stream.Write(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>What a reader without scripts gets.</summary>
    private static string Summarize(ReportContent content)
    {
        var verdict = content.Verdict;
        string result = verdict.Passed ? "passed" : $"did not pass. {verdict.FirstFinding}";
        return DisplayText.Line($"{PageNames.Leaf(verdict.Path)}: {verdict.Format}, {verdict.TensorCount} tensors, {result}");
    }

    /// <summary>A name and what follows it.</summary>
    private static string[] Expand(string text) => text.Split("}}", 2) is [var name, var rest] ? [$"{{{name}}}", rest] : [text];

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private static string Digest(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    /// <summary>Browsers take line ends to be LF before they compute a digest.</summary>
    private static string ReadResource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"LowMem.Report.{name}")
            ?? throw new InvalidOperationException($"The resource {name} is not in the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
