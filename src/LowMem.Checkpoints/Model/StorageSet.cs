using System.Runtime.InteropServices;

namespace LowMem.Checkpoints;

/// <summary>
/// Storages by file and name, numbered in the order they come. Most tensors in a row lie in one file, whose long path is
/// compared and not hashed.
/// </summary>
internal sealed class StorageSet(int capacity)
{
    private readonly Dictionary<string, int> files = new(StringComparer.Ordinal);
    private readonly Dictionary<(int File, string Key), int> numbers = new(capacity);
    private string? lastPath;
    private int lastFile;

    /// <summary>Whether the storage is a new one.</summary>
    public bool Add(string path, string key) => Add(path, key, out _);

    /// <inheritdoc cref="Add(string, string)"/>
    public bool Add(string path, string key, out int number)
    {
        if (!ReferenceEquals(path, lastPath))
        {
            ref int file = ref CollectionsMarshal.GetValueRefOrAddDefault(files, path, out bool isKnown);
            file = isKnown ? file : files.Count;
            (lastPath, lastFile) = (path, file);
        }

        int next = numbers.Count;
        ref int found = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, (lastFile, key), out bool exists);
        number = found = exists ? found : next;
        return !exists;
    }
}
