using LowMem.Checkpoints.Sources;

namespace LowMem.Loader.Memory.Prefetch;

/// <summary>The files of a prefetch, open, and which of their pages are in memory. Used by one thread at a time.</summary>
internal sealed class PrefetchSources(IReadOnlyDictionary<string, CheckpointFile> files) : IDisposable
{
    private readonly Dictionary<string, RandomAccessSource> sources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CachedPages> pages = new(StringComparer.Ordinal);

    /// <summary>Opens a file as the one that was listed.</summary>
    public RandomAccessSource Open(string path)
    {
        if (!sources.TryGetValue(path, out var source))
        {
            sources.Add(path, source = ListedFile.OpenSource(files[path]));
        }

        return source;
    }

    /// <summary>Whether all pages of a part of a file are in memory; false where that cannot be told.</summary>
    public bool IsCached(string path, long offset, int length)
    {
        if (!pages.TryGetValue(path, out var cached))
        {
            pages.Add(path, cached = CachedPages.Open(files[path]));
        }

        return cached.Contains(offset, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var source in sources.Values)
        {
            source.Dispose();
        }

        foreach (var cached in pages.Values)
        {
            cached.Dispose();
        }
    }
}
