using System.Collections;
using System.Globalization;
using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.PowerShell.Views;

/// <summary>
/// What views show: text from a file without what a terminal would obey, and sizes with units. Each member reads one
/// property of an object, whether that is the object itself or a copy of it from a job.
/// </summary>
public static class DisplayMembers
{
    private const int MostValues = 8;

    // The parameter of each is the object that is shown, and its name says which property is meant.
#pragma warning disable CS1591
    public static string Key(PSObject shown) => Name(shown, "Key");

    public static string Name(PSObject shown) => Name(shown, "Name");

    public static string DType(PSObject shown) => Name(shown, "DType");

    public static string ModulePath(PSObject shown) => Name(shown, "ModulePath");

    public static string ModuleTypeName(PSObject shown) => Name(shown, "ModuleType");

    // Of a skeleton without code every part is one: in a column there is no room to say so in full.
    public static string ModuleType(PSObject shown) => Name(shown, "ModuleType") is var name && name == "ModuleContainer" ? "Container" : name;

    public static string TiedTo(PSObject shown) => Name(shown, "TiedTo");

    public static string StorageKey(PSObject shown) => Name(shown, "StorageKey");

    public static string Layout(PSObject shown) => Name(shown, "Layout");

    public static string Code(PSObject shown) => Name(shown, "Code");

    public static string Path(PSObject shown) => Line(shown, "Path");

    public static string Checkpoint(PSObject shown) => Line(shown, "Checkpoint");

    public static string? UnreadableReason(PSObject shown) => NullWhenEmpty(Line(shown, "UnreadableReason"));

    public static string FormatVersion(PSObject shown) => Line(shown, "FormatVersion");

    public static string Prefix(PSObject shown) => Line(shown, "Prefix");

    public static string Message(PSObject shown) => Line(shown, "Message");

    public static string Advice(PSObject shown) => Line(shown, "Advice");

    public static string FirstFinding(PSObject shown) => Line(shown, "FirstFinding");

    public static string Shape(PSObject shown) => Numbers(shown, "Shape");

    public static string Stride(PSObject shown) => Numbers(shown, "Stride");

    public static string Size(PSObject shown) => Bytes(shown, "ByteLength");

    public static string FileSize(PSObject shown) => Bytes(shown, "FileLength");

    public static string ModelSize(PSObject shown) => Bytes(shown, "ModelBytes");

    public static string DiskSize(PSObject shown) => Bytes(shown, "BytesOnDisk");

    public static string Available(PSObject shown) => Bytes(shown, "MemoryAvailable");

    public static string PrivateBefore(PSObject shown) => Bytes(shown, "PrivateBytesBefore");

    public static string PrivateAfter(PSObject shown) => Bytes(shown, "PrivateBytesAfter");

    public static string PrivatePeak(PSObject shown) => Bytes(shown, "PrivateBytesPeak");

    public static string? Components(PSObject shown) => NullWhenEmpty(
        PlainText.Names(Pairs(Value(shown, "Components")).Select(pair => pair.Key)));

    public static string? UnknownGlobals(PSObject shown) => NullWhenEmpty(Names(shown, "UnknownGlobals"));

    public static string UnsafeGlobals(PSObject shown) => Names(shown, "UnsafeGlobals");

    public static string MissingKeys(PSObject shown) => Names(shown, "MissingKeys");

    public static string UnexpectedKeys(PSObject shown) => Names(shown, "UnexpectedKeys");

    public static string ShapeMismatchKeys(PSObject shown) => Names(shown, "ShapeMismatchKeys");

    public static string CastKeys(PSObject shown) => Names(shown, "CastKeys");

    public static string MetaKeys(PSObject shown) => Names(shown, "MetaKeys");

    public static int GlobalCount(PSObject shown) => Items(Value(shown, "Globals")).Count();

    public static int MissingCount(PSObject shown) => Items(Value(shown, "MissingKeys")).Count();

    public static int UnexpectedCount(PSObject shown) => Items(Value(shown, "UnexpectedKeys")).Count();

    public static int MetaCount(PSObject shown) => Items(Value(shown, "MetaKeys")).Count();

    public static string DTypes(PSObject shown) =>
        PlainText.Format(string.Join(", ", Pairs(Value(shown, "DTypes")).Select(pair => $"{pair.Key} x {Text(pair.Value)}")));

    public static string Values(PSObject shown)
    {
        var pairs = Pairs(Value(shown, "Values")).Take(MostValues + 1).ToList();
        string text = PlainText.Format(string.Join("; ", pairs.Take(MostValues).Select(pair => $"{pair.Key} = {Text(pair.Value)}")));
        return pairs.Count > MostValues ? $"{text}; and {Pairs(Value(shown, "Values")).Count() - MostValues} more" : text;
    }

    public static string Metadata(PSObject shown) =>
        PlainText.Format(string.Join("; ", Pairs(Value(shown, "Metadata")).Select(pair => $"{pair.Key} = {Text(pair.Value)}")));

    public static string FileName(PSObject shown) => PlainText.Format(
        System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(Text(Value(shown, "Path")))));

    public static string Directory(PSObject shown) => PlainText.Format(
        System.IO.Path.GetDirectoryName(System.IO.Path.TrimEndingDirectorySeparator(Text(Value(shown, "Path")))));

    public static string Read(PSObject shown) => Bytes(shown, "BytesRead");

    public static string Findings(PSObject shown) =>
        string.Join("\n", Items(Value(shown, "Findings")).Select(finding => PlainText.Format(Text(finding))));

    public static string MappedText(PSObject shown) => $"{Text(Value(shown, "MappedCount"))}, {Bytes(shown, "MappedBytes")}";

    public static string CopiedText(PSObject shown) => $"{Text(Value(shown, "CopiedCount"))}, {Bytes(shown, "CopiedBytes")}";

    public static string ModelText(PSObject shown) => $"{Text(Value(shown, "TensorCount"))} tensors, {Bytes(shown, "ModelBytes")}";

    public static string? LargestTensor(PSObject shown) => Inner(shown, "LargestTensor") is { } largest
        ? $"{Name(largest, "Key")}, {Bytes(largest, "ByteLength")}"
        : null;

    public static string Naive(PSObject shown) => Estimate(shown, "Naive");

    public static string Resident(PSObject shown) => Estimate(shown, "Resident");

    public static string Mapped(PSObject shown) => Estimate(shown, "Mapped");

    public static string ResidentPeak(PSObject shown) => Inner(shown, "Resident") is { } mode ? Bytes(mode, "PeakPrivateBytes") : string.Empty;

    public static string MappedPeak(PSObject shown) => Inner(shown, "Mapped") is { } mode ? Bytes(mode, "PeakPrivateBytes") : string.Empty;

    public static string? LoadReport(PSObject shown) => Inner(shown, "LoadReport") is { } report
        ? $"{Text(Value(report, "Mode"))} from {Line(report, "Path")}"
        : null;

    public static string TypeName(PSObject shown)
    {
        ArgumentNullException.ThrowIfNull(shown);
        return PlainText.Name(shown.TypeNames[0].Split('.', '+')[^1]);
    }
#pragma warning restore CS1591

    private static string Estimate(PSObject shown, string property) => Inner(shown, property) is { } mode
        ? $"{Bytes(mode, "PeakPrivateBytes")}{(Value(mode, "Fits") is false ? ", does not fit" : string.Empty)}"
        : string.Empty;

    private static string Name(PSObject shown, string property) => PlainText.Name(Text(Value(shown, property)));

    private static string Line(PSObject shown, string property) => PlainText.Format(Text(Value(shown, property)));

    private static string Names(PSObject shown, string property) => PlainText.Names(Items(Value(shown, property)));

    private static string Numbers(PSObject shown, string property) => $"[{string.Join(", ", Items(Value(shown, property)).Select(Text))}]";

    private static string Bytes(PSObject shown, string property) =>
        Value(shown, property) is { } value ? ByteSize.Format(Convert.ToInt64(value, CultureInfo.InvariantCulture)) : string.Empty;

    private static PSObject? Inner(PSObject shown, string property) => Value(shown, property) is { } value ? PSObject.AsPSObject(value) : null;

    private static object? Value(PSObject shown, string property)
    {
        ArgumentNullException.ThrowIfNull(shown);
        object? value = shown.Properties[property]?.Value;
        return value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
    }

    private static string Text(object? value) => Convert.ToString(value is PSObject wrapped ? wrapped.ToString() : value, CultureInfo.InvariantCulture) ?? string.Empty;

    private static string? NullWhenEmpty(string text) => text.Length == 0 ? null : text;

    private static IEnumerable<object?> Items(object? value) => value is string or null ? [] : (value as IEnumerable)?.Cast<object?>() ?? [];

    // Of generic dictionaries, too, and of the hashtables that jobs make of them.
    private static IEnumerable<(string Key, object? Value)> Pairs(object? dictionary)
    {
        if (dictionary is IDictionary entries)
        {
            foreach (DictionaryEntry entry in entries)
            {
                yield return (Text(entry.Key), entry.Value);
            }

            yield break;
        }

        foreach (object? item in Items(dictionary))
        {
            var pair = PSObject.AsPSObject(item);
            yield return (Text(pair.Properties["Key"]?.Value), pair.Properties["Value"]?.Value);
        }
    }
}
