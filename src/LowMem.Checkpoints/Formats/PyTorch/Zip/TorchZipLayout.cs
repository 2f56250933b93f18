using System.Globalization;
using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Formats.Writing;

namespace LowMem.Checkpoints.Formats.PyTorch.Zip;

/// <summary>
/// A file as torch.save lays it out: <c>data.pkl</c>, the storages in the order of their names as text, <c>version</c>. That of PyTorch
/// 1.6 to 2.0, which every later one reads; those add records that say nothing more of a little-endian file.
/// </summary>
internal sealed class TorchZipLayout : IFileLayout
{
    private static readonly byte[] Version = "3\n"u8.ToArray();

    private readonly byte[] pickle;
    private readonly StoredZipLayout zip;
    private readonly int[] records;
    private readonly Func<ReadOnlyMemory<byte>, uint> getChecksum;

    /// <param name="root">The name of the folder in the archive: PyTorch takes that of the file, without its extension.</param>
    /// <param name="pickle">The content of data.pkl.</param>
    /// <param name="blobs">The storages, in the order of their numbers.</param>
    /// <param name="getChecksum">Computes a CRC-32.</param>
    public TorchZipLayout(string root, byte[] pickle, IReadOnlyList<WrittenBlob> blobs, Func<ReadOnlyMemory<byte>, uint> getChecksum)
    {
        this.pickle = pickle;
        this.getChecksum = getChecksum;
        int[] order = [.. Enumerable.Range(0, blobs.Count).OrderBy(Name, StringComparer.Ordinal)];
        records = new int[blobs.Count];
        for (int i = 0; i < order.Length; i++)
        {
            records[order[i]] = i + 1;
        }

        zip = new StoredZipLayout(
        [
            ($"{root}/data.pkl", pickle.Length),
            .. order.Select(blob => ($"{root}/data/{Name(blob)}", blobs[blob].ByteLength)),
            ($"{root}/version", Version.Length),
        ]);
    }

    /// <inheritdoc/>
    public long Length => zip.Length;

    /// <inheritdoc/>
    public bool HasChecksums => true;

    private int VersionRecord => records.Length + 1;

    /// <inheritdoc/>
    public long GetOffset(int blob) => zip.GetOffset(records[blob]);

    /// <inheritdoc/>
    public IEnumerable<(long Offset, ReadOnlyMemory<byte> Bytes)> GetFixedParts()
    {
        for (int i = 0; i <= VersionRecord; i++)
        {
            yield return zip.GetHeader(i);
        }

        yield return (zip.GetOffset(0), pickle);
        yield return (zip.GetOffset(VersionRecord), Version);
    }

    /// <inheritdoc/>
    public IEnumerable<(long Offset, ReadOnlyMemory<byte> Bytes)> GetClosingParts(IReadOnlyList<uint> checksums)
    {
        uint[] all = new uint[records.Length + 2];
        all[0] = getChecksum(pickle);
        all[VersionRecord] = getChecksum(Version);
        for (int blob = 0; blob < records.Length; blob++)
        {
            all[records[blob]] = checksums[blob];
        }

        for (int i = 0; i < all.Length; i++)
        {
            yield return zip.GetDescriptor(i, all[i]);
        }

        yield return zip.GetDirectory(all);
    }

    private static string Name(int blob) => blob.ToString(CultureInfo.InvariantCulture);
}
