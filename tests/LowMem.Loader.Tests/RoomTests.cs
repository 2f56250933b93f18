using LowMem.Loader.Import.Binding;
using LowMem.Tests.Shared;

namespace LowMem.Loader.Tests;

/// <summary>The rooms of the library point one way: what stands below knows nothing of what stands above.</summary>
public sealed class RoomTests
{
    /// <summary>From the bottom up. Errors are in the root namespace.</summary>
    private static readonly string[] Rooms =
    [
        "Errors", "Memory.Limits", "Native.Fixup", "Native", "Native.Packages", "Memory", "Modules", "Meta", "Import.Keys",
        "Skeletons.Containers", "Skeletons.Layers", "Skeletons.FromCheckpoint",
        "Skeletons.Definition.Text", "Skeletons.Definition.Families", "Skeletons.Definition", "Skeletons",
        "Initialization", "Import.Planning", "Import.Binding", "Estimates", "Export",
    ];

    private static readonly RoomOrder Order = new(typeof(ModelLoader).Assembly, "LowMem.Loader", "Errors", Rooms);

    [Fact]
    public void EveryRoomUsesOnlyRoomsBelow() => Assert.Equal(string.Empty, Order.FindUpward());

    [Fact]
    public void EveryRoomIsOneOfTheDesign() => Assert.Equal(Rooms.Order(StringComparer.Ordinal), Order.GetRooms());

    [Fact]
    public void TheLibraryDoesNotKnowPowershell() => Assert.DoesNotContain(
        RoomOrder.GetUsed(typeof(ModelLoader).Assembly), name => name is "System.Management.Automation" or "LowMem.PowerShell");

    [Fact]
    public void TheLibraryIsBuiltOnTheOneOfFormats() =>
        Assert.Contains("LowMem.Checkpoints", RoomOrder.GetUsed(typeof(ModelLoader).Assembly));
}
