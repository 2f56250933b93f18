using System.Text;
using System.Text.RegularExpressions;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Verification;

/// <summary>A file as <c>sha256sum</c> writes it: a digest and a name in each line, or in the form of BSD.</summary>
internal sealed partial class DigestList
{
    private const long MaxLength = 16 << 20;

    private readonly Dictionary<string, HashSet<string>> digests = new(StringComparer.Ordinal);

    /// <summary>What such files are called.</summary>
    public static IReadOnlyList<string> FileNames { get; } = ["SHA256SUMS", "SHA256SUMS.txt", "sha256sums.txt", "sha256sum.txt"];

    /// <summary>The number of the first line that is no digest; null when there is none.</summary>
    public int? FirstBadLine { get; private set; }

    /// <exception cref="CheckpointException">The file may not be read.</exception>
    public static DigestList Read(CheckpointLocation location, string path)
    {
        using var file = location.Open(path);
        var list = new DigestList();
        if (file.Length > MaxLength)
        {
            list.FirstBadLine = 1;
            return list;
        }

        // Windows PowerShell redirects output into UTF-16, and editors put a mark in front of UTF-8.
        using var text = new StreamReader(
            new MemoryStream(file.ReadRange(0, file.Length, "the file of digests")), Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        string[] lines = text.ReadToEnd().Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            list.Add(lines[i].TrimEnd('\r'), i + 1, Path.GetFileName(path));
        }

        return list;
    }

    /// <summary>The digests of a file, named relative to the list; several when the list contradicts itself.</summary>
    public IEnumerable<string> Find(string name) => digests.TryGetValue(name, out var found) ? found : [];

    private void Add(string line, int number, string listName)
    {
        if (line.Length == 0 || line[0] == '#')
        {
            return;
        }

        if (Line().Match(line) is not { Success: true } match)
        {
            FirstBadLine ??= number;
            return;
        }

        string name = match.Groups["name"].Value;
        if (match.Groups["escaped"].Length > 0)
        {
            name = name.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
        }

        // 'model.pt.sha256' may hold the digest alone.
        name = name.Length == 0 ? Path.GetFileNameWithoutExtension(listName) : name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
        if (!digests.TryGetValue(name, out var found))
        {
            digests.Add(name, found = new HashSet<string>(StringComparer.Ordinal));
        }

        found.Add(match.Groups["digest"].Value.ToLowerInvariant());
    }

    [GeneratedRegex(
        @"^(?<escaped>\\?)(?<digest>[0-9a-fA-F]{64})( [ *](?<name>.+))?$|^SHA256 \((?<name>.+)\) = (?<digest>[0-9a-fA-F]{64})$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Line();
}
