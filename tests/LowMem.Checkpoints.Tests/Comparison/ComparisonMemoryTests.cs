using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Formats;

namespace LowMem.Checkpoints.Tests.Comparison;

/// <summary>Memory does not grow with what is compared.</summary>
[Collection(RunsAlone.Name)]
public sealed class ComparisonMemoryTests
{
    [Fact]
    public void DoesNotGrowWithTheTensors()
    {
        long small = Measure(4 << 20);
        long large = Measure(64 << 20);

        Assert.InRange(large - small, long.MinValue, 4 << 20);
    }

    /// <summary>All that is allocated, garbage included, to compare two sparse files.</summary>
    private static long Measure(long length)
    {
        var directory = Directory.CreateTempSubdirectory("lowmem-test-");
        try
        {
            string[] paths = [Path.Combine(directory.FullName, "a.safetensors"), Path.Combine(directory.FullName, "b.safetensors")];
            foreach (string path in paths)
            {
                using var file = File.Create(path);
                file.Write(Builders.SafetensorsBytes.File($$$"""{"w":{"dtype":"F32","shape":[{{{length / 4}}}],"data_offsets":[0,{{{length}}}]}}"""));
                file.SetLength(file.Length + length);
                if (path == paths[1])
                {
                    // The last element differs: all blocks before it are looked at once more.
                    file.Position = file.Length - 1;
                    file.WriteByte(0x40);
                }
            }

            var token = TestContext.Current.CancellationToken;
            var (one, other) = (Checkpoint.Open(paths[0], token), Checkpoint.Open(paths[1], token));
            long before = GC.GetTotalAllocatedBytes(precise: true);
            var found = Assert.Single(new CheckpointComparison(one, other).Run(null, token).Differences);
            Assert.Equal([(length / 4) - 1], found.FirstDifference!.Index);
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
