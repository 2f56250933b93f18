using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Estimates;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;

namespace LowMem.Loader.Tests.Estimates;

/// <summary>An estimate counts the bytes that a load then has: tied, expanded, overlapping, cast, in shards.</summary>
public class SameBytesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_estimate_of_every_fixture_is_what_its_load_reports()
    {
        int loaded = 0;
        foreach (var path in Directory.EnumerateFileSystemEntries(TestFiles.Fixtures).Order(StringComparer.Ordinal))
        {
            foreach (var dtype in new[] { null, "bfloat16", "float64" })
            {
                foreach (var resident in new[] { false, true })
                {
                    loaded += Compare(path, new ImportOptions { DType = dtype, Resident = resident, AllowUnsafeGlobals = true }) ? 1 : 0;
                }
            }
        }

        Assert.InRange(loaded, 100, int.MaxValue);
    }

    private static bool Compare(string path, ImportOptions options)
    {
        try
        {
            var checkpoint = Checkpoint.Open(path, Token);
            if (checkpoint.Tensors.Count > 2000)
            {
                return false;
            }

            var (module, report) = ModelLoader.Load(checkpoint, options, progress: null, Token);
            using (module)
            {
                AssertSame(report, MemoryEstimator.Estimate(checkpoint, options), options);
                AssertSame(report, ModuleMemory.Estimate(module, checkpoint, options with { Prefix = report.Prefix }, Token), options);
            }

            return true;
        }
        catch (Exception error) when (error is CheckpointException or ModelException)
        {
            // What cannot be loaded has no report.
            return false;
        }
    }

    private static void AssertSame(LoadReport report, MemoryEstimate estimate, ImportOptions options)
    {
        var mode = options.Resident ? estimate.Resident : estimate.Mapped;
        Assert.Equal(
            (report.Path, report.Mode, options.DType, report.MappedBytes, report.CopiedBytes),
            (report.Path, report.Mode, options.DType, mode.MappedBytes, mode.CopiedBytes));
    }
}
