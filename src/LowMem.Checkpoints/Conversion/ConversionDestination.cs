using System.Globalization;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Conversion;

/// <summary>Where a conversion writes to: a directory, and how the files in it are called.</summary>
/// <param name="Format">The format.</param>
/// <param name="Directory">The full path of the directory.</param>
/// <param name="Stem">What the names of the files begin with.</param>
/// <param name="Extension">What they end with, with its dot.</param>
public sealed record ConversionDestination(ConversionFormat Format, string Directory, string Stem, string Extension)
{
    private static readonly string[] PyTorchExtensions = [".pt", ".pth", ".bin", ".ckpt"];

    /// <summary>Whether the directory is made when it is not there: a user has named it, and no file.</summary>
    public bool MakesDirectory { get; init; }

    /// <summary>The file when there is one.</summary>
    public string FileName => Stem + Extension;

    /// <summary>The index when there are several.</summary>
    public string IndexName => FileName + ".index.json";

    /// <summary>The full path of what a user names: the file, or the index.</summary>
    /// <param name="fileCount">How many files there are.</param>
    public string GetPath(int fileCount) => Path.Combine(Directory, fileCount == 1 ? FileName : IndexName);

    /// <summary>The name of a file.</summary>
    /// <param name="number">Which one, from 1.</param>
    /// <param name="count">How many there are.</param>
    public string GetName(int number, int count) => count == 1
        ? FileName
        : string.Create(CultureInfo.InvariantCulture, $"{Stem}-{number:D5}-of-{count:D5}{Extension}");

    /// <summary>
    /// What a path means: a file when it has an extension, else a directory, in which the file is called as libraries look for it, or
    /// as the file that it is made from.
    /// </summary>
    /// <param name="path">The full path.</param>
    /// <param name="isDirectory">Whether it is known to be a directory.</param>
    /// <param name="format">The format; null to go by the extension, and to write safetensors to a directory.</param>
    /// <param name="source">What is converted.</param>
    /// <exception cref="CheckpointException">The extension says no format, or the system allows no such name.</exception>
    public static ConversionDestination Of(string path, bool isDirectory, ConversionFormat? format, string source)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(source);
        OutputName.Require(path);
        string extension = Path.GetExtension(path);
        ConversionFormat? named = string.Equals(extension, ".safetensors", StringComparison.OrdinalIgnoreCase) ? ConversionFormat.Safetensors
            : PyTorchExtensions.Contains(extension, StringComparer.OrdinalIgnoreCase) ? ConversionFormat.PyTorch
            : null;
        if (!isDirectory && extension.Length > 0)
        {
            var known = format ?? named ?? throw new CheckpointException(
                CheckpointErrorIds.OutputFormatUnknown,
                path,
                $"the extension names no format. Use .safetensors, or {string.Join(", ", PyTorchExtensions)} for PyTorch, or say -Format. A directory ends in a slash.");
            return new ConversionDestination(known, Path.GetDirectoryName(path)!, Path.GetFileNameWithoutExtension(path), extension);
        }

        var chosen = format ?? ConversionFormat.Safetensors;
        return new ConversionDestination(chosen, path, GetStem(source, chosen), chosen == ConversionFormat.Safetensors ? ".safetensors" : ".bin")
        {
            MakesDirectory = true,
        };
    }

    /// <summary>Libraries look for model.safetensors and for pytorch_model.bin.</summary>
    private static string GetStem(string source, ConversionFormat format)
    {
        string usual = format == ConversionFormat.Safetensors ? "model" : "pytorch_model";
        string stem = Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(source));
        bool isOfFile = CheckpointLocation.Local.FileExists(source) && !source.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        return !isOfFile || stem is "model" or "pytorch_model" || stem.Length == 0 ? usual : stem;
    }
}
