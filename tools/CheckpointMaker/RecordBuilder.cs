namespace LowMem.CheckpointMaker;

/// <summary>Puts little-endian numbers and bytes one behind the other.</summary>
internal sealed class RecordBuilder
{
    private readonly List<byte> bytes = [];

    public RecordBuilder(uint signature) => Add32(signature);

    public RecordBuilder Add16(ushort value) => Add(BitConverter.GetBytes(value));

    public RecordBuilder Add32(uint value) => Add(BitConverter.GetBytes(value));

    public RecordBuilder Add64(long value) => Add(BitConverter.GetBytes(value));

    public RecordBuilder Add(byte[] value)
    {
        bytes.AddRange(value);
        return this;
    }

    public byte[] ToArray() => [.. bytes];
}
