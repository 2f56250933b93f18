using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests;

/// <summary>The rooms of the library point one way: what stands below knows nothing of what stands above.</summary>
public sealed class RoomTests
{
    private const string Root = "LowMem.Checkpoints";

    /// <summary>From the bottom up. What lies in Model is in the root namespace: it is what users of the library see first.</summary>
    private static readonly string[] Rooms =
        ["Diagnostics", "Sources", "Model", "Containers", "Values", "Pickle", "Safety", "Formats", "Verification", "Reporting"];

    private static readonly Architecture Library = new ArchLoader().LoadAssemblies(typeof(CheckpointVerifier).Assembly).Build();

    [Fact]
    public void Every_room_uses_only_rooms_below()
    {
        var wrong = Library.Types
            .Where(type => type.FullName.StartsWith(Root, StringComparison.Ordinal))
            .SelectMany(type => type.Dependencies
                .Where(dependency => dependency.Target.FullName.StartsWith(Root, StringComparison.Ordinal))
                .Where(dependency => dependency.Target is not GenericParameter && Level(dependency.Target) > Level(type))
                .Select(dependency => $"{Name(type)} ({Room(type)}) uses {Name(dependency.Target)} ({Room(dependency.Target)})"))
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToList();

        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    [Fact]
    public void Every_room_is_one_of_the_design()
    {
        var rooms = Library.Types.Where(type => type.FullName.StartsWith(Root, StringComparison.Ordinal)).Select(Room).Distinct().Order(StringComparer.Ordinal);

        Assert.Equal(Rooms.Order(StringComparer.Ordinal), rooms);
    }

    [Fact]
    public void Only_sources_know_the_file_system()
    {
        string[] system = ["System.IO.File", "System.IO.Directory", "System.IO.FileInfo", "System.IO.DirectoryInfo", "System.IO.FileStream", "System.IO.RandomAccess"];
        string[] readers = ["Model", "Containers", "Values", "Pickle", "Safety", "Formats"];
        var users = Library.Types
            .Where(type => type.FullName.StartsWith(Root, StringComparison.Ordinal) && type.Dependencies.Any(dependency => system.Contains(dependency.Target.FullName)))
            .ToList();

        Assert.Contains(users, type => Room(type) == "Sources");
        Assert.Empty(users.Where(type => readers.Contains(Room(type))).Select(Name));
    }

    private static int Level(IType type) => Array.IndexOf(Rooms, Room(type));

    private static string Name(IType type) => type.FullName[(Root.Length + 1)..];

    private static string Room(IType type)
    {
        string space = type.Namespace.FullName;
        return space == Root || !space.StartsWith(Root + ".", StringComparison.Ordinal) ? "Model" : space[(Root.Length + 1)..].Split('.')[0];
    }
}
