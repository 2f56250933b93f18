using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Formats.Sharded;

/// <summary>Indexes that reach outside their directory, say the impossible, or name more than there is.</summary>
public sealed class AttackTests
{
    private const int Million = 1 << 20;

    public static TheoryData<string> Outside =>
    [
        "../model.safetensors", "/etc/hostname", "a/../../b", "C:\\windows\\win.ini", "\\\\server\\share\\x", "..", ".", "",
        "a//b", "a:b", "file\\u0000.bin", "..\\x",
    ];

    public static TheoryData<string, string> Broken => new()
    {
        { """{"weight_map":{"a":1}}""", "no file beside the index" },
        { """{"weight_map":{"a":null}}""", "no file beside the index" },
        { """{"weight_map":[]}""", "no object 'weight_map'" },
        { """{"weight_map":{}}""", "names no shards" },
        { """{"weight_map":{"a":"b","a":"c"}}""", "stands there twice" },
        { """{"weight_map":{"\ud800":"b"}}""", "broken shard index" },
        { """{"weight_map":{"a":"\udc00"}}""", "broken shard index" },
        { """{"metadata":{"\ud800":1},"weight_map":{"a":"b"}}""", "broken shard index" },
        { "{\"weight_map\":" + new string('[', 500_000), "broken shard index" },
        { "{\"weight_map\":{\"a\":\"b\"}", "broken shard index" },
    };

    [Theory]
    [MemberData(nameof(Outside))]
    public void AShardOutsideTheDirectoryIsRefused(string name)
    {
        var (_, error) = Cost.Open(Index($$$"""{"weight_map":{"a":"{{{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\\\\u0000", "\\u0000", StringComparison.Ordinal)}}}"}}"""));

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error!.ErrorId);
        Assert.Contains("no file beside the index", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void IsRefused(string json, string message)
    {
        var (_, error) = Cost.Open(Index(json), maxAllocated: 32 * Million);

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error!.ErrorId);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ManyShardsThatAreNotThereAreNamedOneByOne()
    {
        const int count = 10_000;
        string map = string.Join(',', Enumerable.Range(0, count).Select(i => $"\"k{i}\":\"shard-{i}-{Guid.Empty}.bin\""));

        var (checkpoint, _) = Cost.Open(Index("{\"weight_map\":{" + map + "}}"));

        Assert.Equal(count, checkpoint!.Findings.Count(finding => finding.Code == FindingCodes.ShardMissing));
        Assert.Empty(checkpoint.Tensors);
    }

    private static byte[] Index(string json) => Encoding.UTF8.GetBytes(json);
}
