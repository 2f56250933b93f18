using LowMem.Checkpoints.Verification;
using LowMem.Tests.Shared;

namespace LowMem.Checkpoints.Tests;

/// <summary>The rooms of the library point one way: what stands below knows nothing of what stands above.</summary>
public sealed class RoomTests
{
    /// <summary>From the bottom up. What lies in Model is in the root namespace: it is what users of the library see first.</summary>
    private static readonly string[] Rooms =
        ["Diagnostics", "Sources", "Model", "Containers", "Values", "Pickle", "Safety", "Formats", "Verification", "Reporting"];

    private static readonly RoomOrder Order = new(typeof(CheckpointVerifier).Assembly, "LowMem.Checkpoints", "Model", Rooms);

    [Fact]
    public void Every_room_uses_only_rooms_below() => Assert.Equal(string.Empty, Order.FindUpward());

    [Fact]
    public void Every_room_is_one_of_the_design() => Assert.Equal(Rooms.Order(StringComparer.Ordinal), Order.GetRooms());

    [Fact]
    public void Only_sources_know_the_file_system()
    {
        string[] system = ["System.IO.File", "System.IO.Directory", "System.IO.FileInfo", "System.IO.DirectoryInfo", "System.IO.FileStream", "System.IO.RandomAccess"];
        var rooms = Order.GetUsers(system);

        Assert.Contains("Sources", rooms);
        Assert.Empty(rooms.Intersect(["Model", "Containers", "Values", "Pickle", "Safety", "Formats"]));
    }

    [Fact]
    public void The_library_knows_neither_torch_nor_powershell_nor_what_is_built_on_it() => Assert.DoesNotContain(
        RoomOrder.GetUsed(typeof(CheckpointVerifier).Assembly),
        name => name is "TorchSharp" or "System.Management.Automation" or "LowMem.Loader" or "LowMem.PowerShell");
}
