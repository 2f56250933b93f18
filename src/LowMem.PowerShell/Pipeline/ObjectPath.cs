using System.Buffers;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using LowMem.Checkpoints;
using LowMem.PowerShell.Provider;

namespace LowMem.PowerShell.Pipeline;

/// <summary>
/// The path that an object names: a file, a tensor, a verdict, a row of a CSV file, or a copy of one from a job. It is a
/// name and no pattern, whatever brackets it has.
/// </summary>
/// <remarks>
/// Parameters of paths are text, so that what is known of a path beyond its text is kept beside it. The text itself says
/// nothing: others have to be able to read it.
/// </remarks>
internal static class ObjectPath
{
    private static readonly ConditionalWeakTable<string, Origin> Origins = [];

    /// <summary>What a pattern is made of, and what takes its meaning away.</summary>
    private static readonly SearchValues<char> Special = SearchValues.Create("*?[]`");

    /// <summary>The types whose Path is the checkpoint's; copies of them have a longer name that ends in the same way.</summary>
    private static readonly string[] OwnTypes =
        [".CheckpointSummary", ".CheckpointVerdict", ".LoadReport", ".MemoryEstimate", ".ConversionReport"];

    /// <summary>The types that stand for several tensors of a checkpoint.</summary>
    private static readonly string[] ManyTypes = [".CheckpointTreeLine", ".TensorPattern", ".TensorGroup"];

    /// <summary>Where a path comes from.</summary>
    /// <param name="IsPart">Whether the object is one of many that name the same checkpoint, as tensors do.</param>
    /// <param name="Key">The key that the object has then, or null.</param>
    internal sealed record Origin(bool IsPart, string? Key)
    {
        /// <summary>What of the checkpoint is meant, where the object is an item of a drive.</summary>
        public DriveSelection? Selection { get; init; }
    }

    /// <summary>Whether a text is the path that an object named, and what is known of it then.</summary>
    public static Origin? GetOrigin(string path) => Origins.TryGetValue(path, out var origin) ? origin : null;

    /// <summary>The path that an object names; null when that is for the parameters that bind by property name to say.</summary>
    /// <param name="item">The object.</param>
    /// <param name="exists">Whether there is a file or directory of exactly this name.</param>
    public static string? Find(object item, Func<string, bool> exists)
    {
        if (DriveSelection.Find(PSObject.AsPSObject(item)) is var (drive, selection))
        {
            return Mark(drive, new Origin(true, null) { Selection = selection });
        }

        switch (item is PSObject wrapped ? wrapped.BaseObject : item)
        {
            case FileSystemInfo file:
                return Mark(file.FullName, isPart: false, key: null);
            case TensorInfo tensor:
                return Mark(tensor.Checkpoint, isPart: true, tensor.Key);
        }

        var shown = PSObject.AsPSObject(item);
        string? key = Text(shown, "Key");
        bool isPart = key is not null;
        if (isPart && Text(shown, "Checkpoint") is { } checkpoint)
        {
            return Mark(checkpoint, isPart, key);
        }

        // Lines of a tree, patterns and groups are of several tensors.
        if (Text(shown, "Path") is null && IsOf(shown, ManyTypes) && Text(shown, "Checkpoint") is { } whole)
        {
            return Mark(whole, isPart: true, key: null);
        }

        // Where the name is a pattern as well, the file of that name is meant.
        return Text(shown, "PSPath") is null && Text(shown, "Path") is { } path
            && (isPart || IsOf(shown, OwnTypes) || (path.AsSpan().ContainsAny(Special) && exists(path)))
            ? Mark(path, isPart, key)
            : null;
    }

    private static bool IsOf(PSObject shown, string[] types) => shown.TypeNames.Any(
        name => name.Contains("LowMem.", StringComparison.Ordinal) && types.Any(type => name.EndsWith(type, StringComparison.Ordinal)));

    private static string? Text(PSObject shown, string property)
    {
        object? value = shown.Properties[property]?.Value;
        return (value is PSObject wrapped ? wrapped.BaseObject : value) is string { Length: > 0 } text ? text : null;
    }

    private static string Mark(string path, bool isPart, string? key) => Mark(path, new Origin(isPart, key));

    private static string Mark(string path, Origin origin)
    {
        // A text of its own: another one that reads the same was not named by this object.
        string marked = new(path.AsSpan());
        Origins.Add(marked, origin);
        return marked;
    }
}
