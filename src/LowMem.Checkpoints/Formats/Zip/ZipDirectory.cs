using System.Collections;

namespace LowMem.Checkpoints.Formats.Zip;

/// <summary>The entries of an archive in the order of its central directory, by number and by name.</summary>
/// <param name="bytes">The directory as it stands in the file.</param>
/// <param name="positions">Where each entry starts in it; each has been checked to be whole.</param>
internal sealed class ZipDirectory(byte[] bytes, int[] positions) : IReadOnlyList<ZipEntry>
{
    private readonly ZipNameIndex index = new(bytes, positions);

    public int Count => positions.Length;

    public ZipEntry this[int number] => new(bytes, positions[number]);

    /// <summary>The entry of that exact name, the first one if there are several; null when there is none.</summary>
    public ZipEntry? Find(ReadOnlySpan<byte> name) => index.Find(name) is >= 0 and var number ? this[number] : null;

    /// <summary>Entries whose name another one has before them.</summary>
    public IEnumerable<ZipEntry> Duplicates => index.Duplicates.Select(number => this[number]);

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
        foreach (int position in positions)
        {
            yield return new ZipEntry(bytes, position);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
