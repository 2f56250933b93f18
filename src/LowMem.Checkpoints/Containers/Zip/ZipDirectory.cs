using System.Collections;

namespace LowMem.Checkpoints.Containers.Zip;

/// <summary>The entries of an archive in the order of its central directory, by number and by name.</summary>
/// <param name="places">Where they stand.</param>
internal sealed class ZipDirectory(ZipEntryPlaces places) : IReadOnlyList<ZipEntry>
{
    private readonly ZipNameIndex index = new(places);
    private int lastFound = -1;

    public int Count => places.Count;

    public ZipEntry this[int number] => places[number];

    /// <summary>
    /// The entry of that exact name, the first one if there are several; null when there is none. For one thread. Who asks
    /// for many goes in the order of the directory more often than not, and need not look far then.
    /// </summary>
    public ZipEntry? Find(ReadOnlySpan<byte> name)
    {
        int next = lastFound + 1;
        bool isNext = next < Count && index.Duplicates.Count == 0 && name.SequenceEqual(this[next].NameBytes);
        int number = isNext ? next : index.Find(name);
        if (number < 0)
        {
            return null;
        }

        lastFound = number;
        return this[number];
    }

    /// <summary>Entries whose name another one has before them.</summary>
    public IEnumerable<ZipEntry> Duplicates
    {
        get
        {
            foreach (int number in index.Duplicates)
            {
                yield return this[number];
            }
        }
    }

    /// <summary>The entries by the place of their local headers.</summary>
    public IReadOnlyList<ZipEntry> InFileOrder()
    {
        long last = -1;
        foreach (var entry in this)
        {
            if (entry.HeaderOffset < last)
            {
                return [.. this.OrderBy(moved => moved.HeaderOffset)];
            }

            last = entry.HeaderOffset;
        }

        return this;
    }

    public IEnumerator<ZipEntry> GetEnumerator()
    {
        for (int number = 0; number < Count; number++)
        {
            yield return this[number];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
