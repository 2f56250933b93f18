using System.Collections.Concurrent;

namespace LowMem.Checkpoints.Sources;

/// <summary>
/// Remembers what is read of files while they are opened, such as directories and headers, so that whoever reads all of them
/// right afterwards need not read that again. Safe for several threads.
/// </summary>
internal sealed class ReadMemory
{
    /// <summary>The most that is remembered of all files together.</summary>
    private const long MaxLength = 16 << 20;

    private readonly ConcurrentDictionary<CheckpointFile, FileReads> files = [];
    private long total;
    private volatile bool isSealed;

    /// <summary>Says that what follows is read once in any case, and need not be remembered.</summary>
    public void Seal() => isSealed = true;

    /// <summary>What is remembered of that version of a file.</summary>
    public FileReads Of(CheckpointFile version) => files.GetOrAdd(version, _ => new FileReads(this));

    /// <summary>What is remembered of one version of a file.</summary>
    internal sealed class FileReads(ReadMemory memory)
    {
        private readonly Lock gate = new();
        private readonly SortedList<long, byte[]> ranges = [];

        /// <summary>Copies what is remembered from a place on; the bytes that were copied, or 0.</summary>
        /// <param name="offset">The place in the file.</param>
        /// <param name="destination">What is wanted.</param>
        /// <param name="missing">When nothing was copied, the bytes up to the next that are remembered.</param>
        public int Copy(long offset, Span<byte> destination, out int missing)
        {
            if (memory.isSealed)
            {
                return CopyKnown(offset, destination, out missing);
            }

            lock (gate)
            {
                return CopyKnown(offset, destination, out missing);
            }
        }

        /// <summary>Remembers bytes, if there is room for them.</summary>
        public void Add(long offset, ReadOnlySpan<byte> bytes)
        {
            if (memory.isSealed)
            {
                return;
            }

            if (Interlocked.Add(ref memory.total, bytes.Length) > MaxLength)
            {
                Interlocked.Add(ref memory.total, -bytes.Length);
                return;
            }

            lock (gate)
            {
                // Another thread may have read the same meanwhile.
                if (!memory.isSealed && FindKnown(offset).IsEmpty)
                {
                    ranges.Add(offset, bytes[..FindMissing(offset, bytes.Length)].ToArray());
                }
            }
        }

        private int CopyKnown(long offset, Span<byte> destination, out int missing)
        {
            var known = FindKnown(offset);
            known = known[..Math.Min(known.Length, destination.Length)];
            known.CopyTo(destination);
            missing = known.IsEmpty ? FindMissing(offset, destination.Length) : 0;
            return known.Length;
        }

        /// <summary>What is remembered from a place on, in one range.</summary>
        private ReadOnlySpan<byte> FindKnown(long offset)
        {
            int before = FindFirstBehind(offset) - 1;
            if (before < 0)
            {
                return [];
            }

            byte[] range = ranges.GetValueAtIndex(before);
            long place = offset - ranges.GetKeyAtIndex(before);
            return place < range.Length ? range.AsSpan((int)place) : [];
        }

        private int FindMissing(long offset, int length)
        {
            int next = FindFirstBehind(offset);
            return next < ranges.Count ? (int)Math.Min(length, ranges.GetKeyAtIndex(next) - offset) : length;
        }

        /// <summary>The first range that starts behind a place.</summary>
        private int FindFirstBehind(long offset)
        {
            int low = 0;
            int high = ranges.Count;
            while (low < high)
            {
                int middle = low + ((high - low) / 2);
                (low, high) = ranges.GetKeyAtIndex(middle) <= offset ? (middle + 1, high) : (low, middle);
            }

            return low;
        }
    }
}
