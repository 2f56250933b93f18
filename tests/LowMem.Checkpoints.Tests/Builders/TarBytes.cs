using System.Formats.Tar;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Builders;

/// <summary>The tar archives of PyTorch 0.1: members of stacked pickles with numbers and elements between them.</summary>
internal sealed class TarBytes
{
    private readonly List<(string Name, byte[] Content)> members = [];
    private readonly List<byte> storages = [];
    private readonly List<byte> tensors = [];
    private long storageCount;
    private long tensorCount;

    /// <summary>The object; a persistent id in it is the key of a tensor, as <see cref="Id"/> makes it.</summary>
    public byte[] Root { get; init; } = Id("1");

    /// <summary>What stands where the count of storages should.</summary>
    public byte[]? StorageCount { get; init; }

    /// <summary>What stands where the count of tensors should.</summary>
    public byte[]? TensorCount { get; init; }

    public static byte[] Id(string key) => [.. Text(key), (byte)'Q'];

    public TarBytes AddStorage(string key, long count, byte[] content, string type = "FloatStorage")
    {
        storageCount++;
        storages.AddRange([.. Pickle(Tuple(Text(key), Text("cpu"), Global("torch", type))), .. Number(count), .. content]);
        return this;
    }

    public TarBytes AddTensor(string key, string? storage, long offset, long[] shape, long[] stride)
    {
        tensorCount++;
        tensors.AddRange([
            .. Pickle(Tuple(Text(key), storage is null ? [(byte)'N'] : Text(storage), Global("torch", "FloatTensor"))),
            .. Number(shape.Length), .. shape.SelectMany(Number), .. stride.SelectMany(Number), .. Number(offset)]);
        return this;
    }

    /// <summary>One more member, or another one of a name.</summary>
    public TarBytes AddMember(string name, byte[] content)
    {
        members.Add((name, content));
        return this;
    }

    public byte[] Build()
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true))
        {
            byte[] count = Pickle(StorageCount ?? Int(storageCount));
            Write(writer, "pickle", Pickle(Root));
            Write(writer, "tensors", [.. Pickle(TensorCount ?? Int(tensorCount)), .. tensors]);
            Write(writer, "storages", [.. count, .. storages, .. Pickle([(byte)']'])]);
            members.ForEach(member => Write(writer, member.Name, member.Content));
        }

        return archive.ToArray();
    }

    private static void Write(TarWriter writer, string name, byte[] content) =>
        writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });

    private static byte[] Pickle(byte[] content) => [.. Proto(2), .. content, (byte)'.'];
}
