using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Builders;

/// <summary>Legacy PyTorch files: five pickles one behind the other, then the storages.</summary>
internal static class LegacyBytes
{
    /// <summary>In the fixture legacy-views: storage 99 (3 longs) and storage 100 (10 floats), each behind its count.</summary>
    public const int ViewsStoragesLength = 8 + 40 + 8 + 24;

    public static readonly byte[] Magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    /// <summary>A file with an object, a list of storage keys, and the storages.</summary>
    public static byte[] File(byte[] root, string[] keys, params (long Count, byte[] Content)[] storages) =>
        File(root, [(byte)']', (byte)'(', .. keys.SelectMany(Text), (byte)'e'], storages);

    /// <inheritdoc cref="File(byte[], string[], ValueTuple{long, byte[]}[])"/>
    public static byte[] File(byte[] root, byte[] keys, params (long Count, byte[] Content)[] storages) =>
    [
        .. Magic,
        .. Proto(2), (byte)'M', 0xe9, 3, (byte)'.',
        .. Proto(2), (byte)'}', (byte)'.',
        .. Proto(2), .. root, (byte)'.',
        .. Proto(2), .. keys, (byte)'.',
        .. storages.SelectMany(storage => (byte[])[.. Number(storage.Count), .. storage.Content]),
    ];
}
