namespace LowMem.Checkpoints;

/// <summary>
/// Tells how many bytes some tensors of a checkpoint stand for. Of each storage, those are the bytes that they cover, and the bytes that
/// no tensor of the checkpoint covers: a small view still shows the large storage that it keeps in the file, and of several views side
/// by side each shows its own part. All tensors together stand for all storages.
/// </summary>
/// <remarks>
/// What tensors share counts once. Nearly every storage is covered by one tensor from end to end; only of the others is more kept than
/// their number.
/// </remarks>
internal sealed class StorageBytes
{
    /// <summary>
    /// How many runs of bytes are looked at one by one in a whole checkpoint. Where tensors have more, those of the most count with the
    /// gaps between their runs, so that a file cannot ask for more work than it has bytes.
    /// </summary>
    private const long MostRuns = 1 << 18;

    private readonly Dictionary<(string Path, string Key), long> uncovered = [];
    private readonly int tensorCount;
    private readonly long mostRuns;

    /// <param name="tensors">All tensors of the checkpoint.</param>
    public StorageBytes(IReadOnlyCollection<TensorInfo> tensors)
    {
        tensorCount = tensors.Count;
        var uses = new Uses(tensors);
        var shared = uses.Partial.Values.SelectMany(use => use.Runs).ToList();
        mostRuns = shared.Aggregate(Int128.Zero, (sum, runs) => sum + runs.Count) <= MostRuns ? MostRuns : MostRuns / shared.Count;
        ByteLength = uses.WholeBytes;
        foreach (var use in uses.Partial.Values)
        {
            long covered = CountCovered(use.Runs);
            ByteLength += Math.Max(covered, use.ByteLength);
            if (covered < use.ByteLength)
            {
                uncovered.Add((use.Path, use.Key), use.ByteLength - covered);
            }
        }
    }

    /// <summary>The bytes of all storages.</summary>
    public long ByteLength { get; }

    /// <summary>The bytes that some of the tensors stand for.</summary>
    public long Count(IReadOnlyCollection<TensorInfo> tensors)
    {
        if (tensors.Count == tensorCount)
        {
            return ByteLength;
        }

        var uses = new Uses(tensors);
        return uses.WholeBytes + uses.Partial.Values.Sum(use => CountCovered(use.Runs) + uncovered.GetValueOrDefault((use.Path, use.Key)));
    }

    /// <summary>What part of all that is, from 0 to 1.</summary>
    public double GetShare(long bytes) => ByteLength == 0 ? 0 : (double)bytes / ByteLength;

    private long CountCovered(List<StorageRuns> uses)
    {
        if (uses is [{ Steps.Count: 0 } only])
        {
            return only.Length;
        }

        var ranges = new List<(long Start, long End)>(uses.Count);
        foreach (var runs in uses)
        {
            (runs.Count <= mostRuns ? runs : runs.Fill()).AddTo(ranges);
        }

        ranges.Sort();
        long covered = 0;
        long end = 0;
        foreach (var range in ranges)
        {
            covered += Math.Max(0, range.End - Math.Max(end, range.Start));
            end = Math.Max(end, range.End);
        }

        return covered;
    }

    /// <summary>What of each storage some tensors cover.</summary>
    private sealed class Uses
    {
        private readonly StorageSet storages;
        private readonly List<bool> isWhole = [];

        public Uses(IReadOnlyCollection<TensorInfo> tensors)
        {
            storages = new StorageSet(tensors.Count);
            foreach (var tensor in tensors)
            {
                if (tensor.Components.Count == 0)
                {
                    Add(tensor);
                    continue;
                }

                foreach (var part in tensor.GetParts())
                {
                    Add(part);
                }
            }
        }

        /// <summary>The bytes of the storages that one tensor covers from end to end, and of what lies in no storage of a name.</summary>
        public long WholeBytes { get; private set; }

        /// <summary>The other storages, by their numbers.</summary>
        public Dictionary<int, Use> Partial { get; } = [];

        private void Add(TensorInfo tensor)
        {
            long length = tensor.Chunks is null ? tensor.GetStorageByteLength() : tensor.ByteLength;
            if (tensor.StorageKey is not { } key)
            {
                WholeBytes += length;
                return;
            }

            if (storages.Add(tensor.Path, key, out int number))
            {
                isWhole.Add(false);
            }

            if (isWhole[number])
            {
                return;
            }

            var runs = tensor.Chunks is null ? StorageRuns.Of(tensor) : new StorageRuns(0, length, []);
            if (runs.Start == 0 && runs.Length >= length)
            {
                isWhole[number] = true;
                Partial.Remove(number);
                WholeBytes += length;
                return;
            }

            if (!Partial.TryGetValue(number, out var use))
            {
                Partial.Add(number, use = new Use(tensor.Path, key, length, []));
            }

            use.Runs.Add(runs);
        }
    }

    /// <param name="Path">The file.</param>
    /// <param name="Key">The name of the storage.</param>
    /// <param name="ByteLength">Its size.</param>
    /// <param name="Runs">What each tensor covers of it.</param>
    private sealed record Use(string Path, string Key, long ByteLength, List<StorageRuns> Runs);
}
