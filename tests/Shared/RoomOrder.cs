using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Assembly = System.Reflection.Assembly;

namespace LowMem.Tests.Shared;

/// <summary>The rooms of a library, from the bottom up: what stands below knows nothing of what stands above.</summary>
/// <param name="library">The library.</param>
/// <param name="root">Its namespace.</param>
/// <param name="outermost">The room of what lies in that namespace itself.</param>
/// <param name="rooms">The rooms, as their namespaces go on behind the root. A type belongs to the longest that fits.</param>
internal sealed class RoomOrder(Assembly library, string root, string outermost, string[] rooms)
{
    private readonly Architecture architecture = new ArchLoader().LoadAssemblies(library).Build();

    /// <summary>Each use of a room by one that stands below it.</summary>
    public string FindUpward() => string.Join(
        Environment.NewLine,
        OwnTypes
            .SelectMany(type => type.Dependencies
                .Where(dependency => IsOwn(dependency.Target) && dependency.Target is not GenericParameter && Level(dependency.Target) > Level(type))
                .Select(dependency => $"{Name(type)} ({Room(type)}) uses {Name(dependency.Target)} ({Room(dependency.Target)})"))
            .Distinct()
            .Order(StringComparer.Ordinal));

    /// <summary>The rooms that there are, in the order of their names.</summary>
    public IEnumerable<string> GetRooms() => OwnTypes.Select(Room).Distinct().Order(StringComparer.Ordinal);

    /// <summary>The rooms that use any of the types of those full names.</summary>
    public IReadOnlyList<string> GetUsers(string[] types) =>
        [.. OwnTypes.Where(type => type.Dependencies.Any(dependency => types.Contains(dependency.Target.FullName))).Select(Room).Distinct()];

    /// <summary>The assemblies that another one uses.</summary>
    public static IEnumerable<string?> GetUsed(Assembly assembly) => assembly.GetReferencedAssemblies().Select(used => used.Name);

    private IEnumerable<IType> OwnTypes => architecture.Types.Where(IsOwn);

    private bool IsOwn(IType type) => type.FullName.StartsWith(root, StringComparison.Ordinal);

    private int Level(IType type) => Array.IndexOf(rooms, Room(type));

    private string Name(IType type) => type.FullName[(root.Length + 1)..];

    private string Room(IType type)
    {
        string space = type.Namespace.FullName;
        if (space == root || !space.StartsWith(root + ".", StringComparison.Ordinal))
        {
            return outermost;
        }

        string rest = space[(root.Length + 1)..];
        return rooms.Where(room => rest == room || rest.StartsWith(room + ".", StringComparison.Ordinal)).MaxBy(room => room.Length) ?? rest;
    }
}
