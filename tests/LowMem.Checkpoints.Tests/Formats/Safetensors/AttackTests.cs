using System.Buffers.Binary;
using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Formats.Safetensors;

/// <summary>Headers that are made to cost much or to say the impossible.</summary>
public sealed class AttackTests
{
    private const int Million = 1 << 20;

    public static TheoryData<string, string> Broken => new()
    {
        { "{\"a\":" + new string('[', 400_000) + "}", "JSON" },
        { new string('{', 400_000), "JSON" },
        { """{"a":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}}""", "no count from 0 up" },
        { """{"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}}""", "no count from 0 up" },
        { """{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,4]}}""", "does not fit 64 bits" },
        { """{"a":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,4]}}""", "does not fit 64 bits" },
        { """{"a":{"dtype":"F4","shape":[9223372036854775807],"data_offsets":[0,4]}}""", "does not fill whole bytes" },
        { """{"a":{"dtype":"U8","shape":[0],"data_offsets":[9223372036854775807,9223372036854775807]}}""", "should be the start" },
        { """{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}""", "impossible" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}""", "no count from 0 up" },
        { """{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", "the field 'dtype' twice" },
        { """{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", "JSON" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", "stands there twice" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}} x""", "JSON" },
        { """{"__metadata__":{"a":{}}}""", "should be a JSON String" },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + string.Join(',', Enumerable.Repeat("1", 300_000)) + "],\"data_offsets\":[0,1]}}", "dimensions" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void AreRefused(string header, string message)
    {
        var (_, error) = Cost.Open(SafetensorsBytes.File(header, [0, 0, 0, 0]), maxAllocated: 32 * Million);

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error!.ErrorId);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100_000_001)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public void AHeaderLengthThatTheFormatForbidsCostsNothing(long length)
    {
        byte[] file = SafetensorsBytes.File("""{"a":1}""", []);
        BinaryPrimitives.WriteInt64LittleEndian(file, length);

        var (_, error) = Cost.Open(file, maxAllocated: Million);

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error!.ErrorId);
        Assert.Contains("more than the 100000000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AHeaderLengthPastTheEndOfTheFileCostsNothing()
    {
        byte[] file = SafetensorsBytes.File("""{"a":1}""", []);
        BinaryPrimitives.WriteInt64LittleEndian(file, 100_000_000);

        var (_, error) = Cost.Open(file, maxAllocated: Million);

        Assert.Equal(CheckpointErrorIds.Truncated, error!.ErrorId);
    }

    [Fact]
    public void ManyKeysAreListed()
    {
        const int count = 15_000;
        var header = new StringBuilder("{");
        for (int i = 0; i < count; i++)
        {
            header.Append(System.Globalization.CultureInfo.InvariantCulture, $"{(i == 0 ? "" : ",")}\"k{i}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}");
        }

        var (checkpoint, _) = Cost.Open(SafetensorsBytes.File(header.Append('}').ToString(), []), maxAllocated: 64 * Million);

        Assert.Equal(count, checkpoint!.Tensors.Count);
    }
}
