using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Parts;

/// <summary>What identifies the version of a checkpoint on any machine, and how it was divided.</summary>
internal static class PartFingerprint
{
    /// <param name="files">
    /// Its files. The place of a file and its number on a disk differ by machine; its time does not when it is shared or copied with
    /// it. What a server calls the version says all, where it does.
    /// </param>
    /// <param name="more">What else has to be the same.</param>
    public static string Of(IEnumerable<CheckpointFile> files, params IEnumerable<string> more)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{Path.GetFileName(file.Path)}\0{file.Length}\0{file.Tag ?? $"{file.LastWriteTimeUtc.Ticks / TimeSpan.TicksPerSecond}"}"));
        }

        foreach (string text in more)
        {
            Add(text);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
    }
}
