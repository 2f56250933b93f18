namespace LowMem.Loader.Memory.Prefetch;

/// <summary>How far a <see cref="PagePrefetch"/> is.</summary>
public enum PrefetchState
{
    /// <summary>It reads.</summary>
    Running,

    /// <summary>All that was to be read has been.</summary>
    Completed,

    /// <summary>There is memory for a part of the pages only, and that part has been read.</summary>
    OutOfMemory,

    /// <summary>Somebody stopped it, or the values are no longer used.</summary>
    Stopped,

    /// <summary>A file could not be read; the values are read when they are used.</summary>
    Failed,
}
