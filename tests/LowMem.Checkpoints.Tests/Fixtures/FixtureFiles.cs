using System.Reflection;
using System.Text.Json;

namespace LowMem.Checkpoints.Tests.Fixtures;

/// <summary>The files in tests/fixtures, each with what PyTorch said of it.</summary>
internal static class FixtureFiles
{
    public static string Directory { get; } = Metadata("FixtureDirectory");

    public static string Samples { get; } = Metadata("SampleDirectory");

    /// <summary>The names of all fixtures, without extension.</summary>
    public static IEnumerable<string> Names =>
        System.IO.Directory.GetFiles(Directory, "*.expected.json")
            .Select(path => Path.GetFileName(path)[..^".expected.json".Length])
            .Order(StringComparer.Ordinal);

    /// <summary>The fixture itself: the one file, or directory, of that name.</summary>
    public static string PathOf(string name) =>
        System.IO.Directory.GetFileSystemEntries(Directory, name + "*")
            .Single(path => !path.EndsWith(".json", StringComparison.Ordinal)
                && (Path.GetFileName(path) == name || Path.GetFileNameWithoutExtension(path) == name));

    public static JsonElement Expectation(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Directory, name + ".expected.json")));
        return document.RootElement.Clone();
    }

    private static string Metadata(string key) => Path.GetFullPath(
        typeof(FixtureFiles).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == key).Value!);
}
