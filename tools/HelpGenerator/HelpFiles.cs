using LowMem.HelpGenerator.Maml;
using LowMem.HelpGenerator.Pages;

namespace LowMem.HelpGenerator;

/// <summary>The help files that a directory of pages makes: one for each `external help file` named there.</summary>
internal static class HelpFiles
{
    /// <summary>File name and content of each help file.</summary>
    /// <exception cref="HelpPageException">A page is not as it should be.</exception>
    public static IReadOnlyDictionary<string, string> Make(string pageDirectory)
    {
        var pages = Directory.EnumerateFiles(pageDirectory, "*.md").Order(StringComparer.Ordinal)
            .Select(path => HelpPageParser.Parse(Path.GetFileName(path), File.ReadAllText(path)));
        return pages.GroupBy(page => page.HelpFileName, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, MamlDocument.Write, StringComparer.Ordinal);
    }

    /// <summary>The names of those whose file is missing or has another content.</summary>
    public static IReadOnlyList<string> FindStale(IReadOnlyDictionary<string, string> files, string directory) =>
        [.. files.Where(file => !IsCurrent(Path.Combine(directory, file.Key), file.Value)).Select(file => file.Key)];

    /// <summary>Writes the files that have changed.</summary>
    public static void Write(IReadOnlyDictionary<string, string> files, string directory)
    {
        Directory.CreateDirectory(directory);
        foreach (var name in FindStale(files, directory))
        {
            File.WriteAllText(Path.Combine(directory, name), files[name]);
        }
    }

    // A checkout may have turned the line ends into those of its system; that is no difference.
    private static bool IsCurrent(string path, string content) =>
        File.Exists(path) && File.ReadAllText(path).ReplaceLineEndings("\n") == content;
}
