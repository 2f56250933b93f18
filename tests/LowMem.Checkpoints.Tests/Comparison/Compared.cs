using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Tests.Sources;

namespace LowMem.Checkpoints.Tests.Comparison;

/// <summary>Compares files that are nowhere but in memory.</summary>
internal static class Compared
{
    public const string Reference = "/memory/reference";

    public const string Difference = "/memory/difference";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static MemoryLocation Locate(byte[] reference, byte[] difference)
    {
        var location = new MemoryLocation();
        location.Add(Reference, reference, DateTime.UnixEpoch);
        location.Add(Difference, difference, DateTime.UnixEpoch);
        return location;
    }

    public static ComparisonResult Run(byte[] reference, byte[] difference, ComparisonOptions? options = null) =>
        Run(Locate(reference, difference), Reference, Difference, options);

    public static ComparisonResult Run(CheckpointLocation location, string reference, string difference, ComparisonOptions? options = null) =>
        new CheckpointComparison(Checkpoint.Open(location, reference, Token), Checkpoint.Open(location, difference, Token), options).Run(null, Token);

    public static ComparisonResult Run(string reference, string difference, ComparisonOptions? options = null) =>
        Run(CheckpointLocation.Local, reference, difference, options);

    public static string Describe(ComparisonResult result) => string.Join("; ", result.Differences.Select(item => item.ToString()).Concat(result.Faults.Select(fault => fault.Message)));
}
