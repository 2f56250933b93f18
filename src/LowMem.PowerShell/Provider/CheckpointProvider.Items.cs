using System.Management.Automation;
using System.Management.Automation.Provider;
using LowMem.Checkpoints.Exploring;

namespace LowMem.PowerShell.Provider;

/// <content>Items and what is below them.</content>
public sealed partial class CheckpointProvider
{
    private const WildcardOptions PatternOptions = WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant;

    /// <inheritdoc/>
    protected override void GetItem(string path) => ForItem(path, found =>
    {
        if (IsChosen(found.Place, CreateFilter()))
        {
            Write(found.Listing, found.Place, found.Path);
        }
    });

    /// <inheritdoc/>
    protected override void GetChildItems(string path, bool recurse) => WriteChildren(path, recurse ? uint.MaxValue : 0);

    /// <inheritdoc/>
    protected override void GetChildItems(string path, bool recurse, uint depth) => WriteChildren(path, recurse ? depth : 0);

    /// <inheritdoc/>
    protected override void GetChildNames(string path, ReturnContainers returnContainers) => ForItem(path, found =>
    {
        var filter = CreateFilter();
        string parent = found.Path;
        foreach (var child in found.Place.GetChildren())
        {
            cancellation.Token.ThrowIfCancellationRequested();
            bool isContainer = child.Kind == PlaceKind.Module;
            if ((isContainer && returnContainers == ReturnContainers.ReturnAllContainers) || IsChosen(child, filter))
            {
                // A text of its own: PowerShell keeps the path with it, and with every other text that it is.
                WriteItemObject(new string(child.Part.AsSpan()), DrivePath.Combine(parent, child.Part), isContainer);
            }
        }
    });

    /// <inheritdoc/>
    protected override string[] ExpandPath(string path) => Guard(path, () =>
    {
        string[] parts = DrivePath.Split(path);
        int known = FindDrive(parts)?.RootParts.Count ?? Array.FindIndex(parts, WildcardPattern.ContainsWildcardCharacters);
        if (known < 0 || Find(Path.DirectorySeparatorChar + string.Join(Path.DirectorySeparatorChar, parts.Take(known))) is not { } root)
        {
            return [];
        }

        List<CheckpointPlace> places = [root.Place];
        foreach (string part in parts.Skip(known))
        {
            places = Expand(places, part);
        }

        return places.Select(place => DrivePath.Of(root.Root, place)).ToArray();
    });

    private List<CheckpointPlace> Expand(List<CheckpointPlace> places, string part)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(part))
        {
            string name = WildcardPattern.Unescape(part);
            return [.. places.Select(place => place.FindChild(name)).OfType<CheckpointPlace>()];
        }

        var pattern = WildcardPattern.Get(part, PatternOptions);
        var found = new List<CheckpointPlace>();
        foreach (var child in places.SelectMany(place => place.GetChildren()))
        {
            cancellation.Token.ThrowIfCancellationRequested();
            if (pattern.IsMatch(child.Part))
            {
                found.Add(child);
            }
        }

        return found;
    }

    /// <summary>Writes what is below, that of one module together, as files of one directory are.</summary>
    private void WriteChildren(string path, uint depth) => ForItem(path, found =>
    {
        var filter = CreateFilter();
        if (found.Place.Kind != PlaceKind.Module)
        {
            if (IsChosen(found.Place, filter))
            {
                Write(found.Listing, found.Place, found.Path);
            }

            return;
        }

        // Not by recursion: a key is as deep as the file says.
        var open = new Stack<(CheckpointPlace Place, string Path, uint Depth)>();
        open.Push((found.Place, found.Path, depth));
        var below = new List<(CheckpointPlace Place, string Path, uint Depth)>();
        while (open.TryPop(out var module))
        {
            foreach (var child in module.Place.GetChildren())
            {
                cancellation.Token.ThrowIfCancellationRequested();
                string childPath = DrivePath.Combine(module.Path, child.Part);
                if (IsChosen(child, filter))
                {
                    Write(found.Listing, child, childPath);
                }

                if (module.Depth > 0 && child.Kind == PlaceKind.Module)
                {
                    below.Add((child, childPath, module.Depth == uint.MaxValue ? uint.MaxValue : module.Depth - 1));
                }
            }

            for (int i = below.Count - 1; i >= 0; i--)
            {
                open.Push(below[i]);
            }

            below.Clear();
        }
    });

    private void Write(CheckpointListing listing, CheckpointPlace place, string path) =>
        WriteItemObject(DriveItem.Create(listing, place, PSDriveInfo as CheckpointDrive), path, place.Kind == PlaceKind.Module);

    private WildcardPattern? CreateFilter() => string.IsNullOrEmpty(Filter) ? null : WildcardPattern.Get(Filter, PatternOptions);

    /// <summary>Whether a filter means a place: by its name, or by its key, so that <c>*.weight</c> finds what it finds everywhere.</summary>
    private static bool IsChosen(CheckpointPlace place, WildcardPattern? filter) =>
        filter is null || filter.IsMatch(place.Part) || filter.IsMatch(place.Node.Name) || filter.IsMatch(place.Node.Key);
}
