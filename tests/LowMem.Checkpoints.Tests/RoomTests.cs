using LowMem.Checkpoints.Verification;
using LowMem.Tests.Shared;

namespace LowMem.Checkpoints.Tests;

/// <summary>The rooms of the library point one way: what stands below knows nothing of what stands above.</summary>
public sealed class RoomTests
{
    /// <summary>From the bottom up. What lies in Model is in the root namespace: it is what users of the library see first.</summary>
    private static readonly string[] Rooms =
        ["Diagnostics", "Sources", "Sources.Http", "Model", "Keys", "Containers", "Values", "Pickle", "Safety", "Formats", "Exploring", "Comparison", "Verification", "Sharding", "Conversion", "Reporting", "Parts"];

    private static readonly RoomOrder Order = new(typeof(CheckpointVerifier).Assembly, "LowMem.Checkpoints", "Model", Rooms);

    [Fact]
    public void EveryRoomUsesOnlyRoomsBelow() => Assert.Equal(string.Empty, Order.FindUpward());

    [Fact]
    public void EveryRoomIsOneOfTheDesign() => Assert.Equal(Rooms.Order(StringComparer.Ordinal), Order.GetRooms());

    [Fact]
    public void OnlySourcesKnowTheFileSystem()
    {
        string[] system = ["System.IO.File", "System.IO.Directory", "System.IO.FileInfo", "System.IO.DirectoryInfo", "System.IO.FileStream", "System.IO.RandomAccess"];
        var rooms = Order.GetUsers(system);

        Assert.Contains("Sources", rooms);
        Assert.Empty(rooms.Intersect(["Model", "Containers", "Values", "Pickle", "Safety", "Formats"]));
    }

    [Fact]
    public void TheLibraryKnowsNeitherTorchNorPowershellNorWhatIsBuiltOnIt() => Assert.DoesNotContain(
        RoomOrder.GetUsed(typeof(CheckpointVerifier).Assembly),
        name => name is "TorchSharp" or "System.Management.Automation" or "LowMem.Loader" or "LowMem.PowerShell");
}
