using System.Text;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Verification.Signing;

/// <summary>The models that the statements in tests/fixtures/signing/payloads are about.</summary>
internal static class PayloadModels
{
    private const string KnownText = "This is a simple model";

    /// <returns>The model: a directory, or a file.</returns>
    public static string Write(string payload, CheckpointDirectory directory)
    {
        string name = payload.Replace("_small_shards", null, StringComparison.Ordinal).Replace("_shard", null, StringComparison.Ordinal);
        string root = Path.Combine(directory.Path, "model");
        Directory.CreateDirectory(root);
        foreach (var (path, text) in Contents(name))
        {
            directory.Write("model/" + path, Encoding.UTF8.GetBytes(text));
        }

        if (name == "symlink_model_folder")
        {
            directory.Write("external", Encoding.UTF8.GetBytes(KnownText));
            File.CreateSymbolicLink(Path.Combine(root, "symlink_file"), Path.Combine(directory.Path, "external"));
        }

        return name.EndsWith("_model_file", StringComparison.Ordinal) ? Path.Combine(root, "file") : root;
    }

    private static IEnumerable<(string Path, string Text)> Contents(string name) => name switch
    {
        "sample_model_file" => [("file", KnownText)],
        "empty_model_file" => [("file", string.Empty)],
        "model_folder_with_empty_file" => [("empty_file", string.Empty)],
        "deep_model_folder" => Enumerable.Range(0, 4).Select(i => ($"d0/d1/d2/d3/d4/f{i}", $"This is file f{i}.")),
        "sample_model_folder" =>
        [
            .. from i in Enumerable.Range(0, 2) from j in Enumerable.Range(0, 3) select ($"d{i}/f{i}{j}", $"This is file f{i}{j} in d{i}."),
            .. Enumerable.Range(0, 4).Select(i => ($"f{i}", $"This is file f{i} in root.")),
        ],
        _ => [],
    };
}
