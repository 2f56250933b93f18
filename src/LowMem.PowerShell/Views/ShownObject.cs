using System.Collections;
using System.Globalization;
using System.Management.Automation;
using LowMem.PowerShell.Views.Layouts;

namespace LowMem.PowerShell.Views;

/// <summary>
/// An object as views show it: text from a file without what a terminal would obey, and sizes with units. Each property
/// reads one of the object, whether that is the object itself or a copy of it from a job.
/// </summary>
/// <param name="shown">The object.</param>
public sealed class ShownObject(PSObject shown)
{
    private const int MostValues = 8;

    private const int MostFirst = 100;

    /// <summary>The characters of a column of numbers.</summary>
    private const int NumberWidth = 8;

    /// <summary>Those of the column of standard deviations, which have no sign.</summary>
    private const int DeviationWidth = 7;

    // The name of each says which property of the object is meant.
#pragma warning disable CS1591
    public string Key => AsName(shown, "Key");

    public string Name => AsName(shown, "Name");

    public string DType => AsName(shown, "DType");

    public string ModulePath => AsName(shown, "ModulePath");

    public string ModuleTypeName => AsName(shown, "ModuleType");

    // Of a skeleton without code every part is one: in a column there is no room to say so in full.
    public string ModuleType => AsName(shown, "ModuleType") is var name && name == "ModuleContainer" ? "Container" : name;

    public string TiedTo => AsName(shown, "TiedTo");

    public string KeyAndTied => TiedTo.Length > 0 ? $"{Key} = {TiedTo}" : Key;

    public string StorageKey => AsName(shown, "StorageKey");

    public string Layout => AsName(shown, "Layout");

    public string Code => AsName(shown, "Code");

    public string Path => AsLine(shown, "Path");

    public string Checkpoint => AsLine(shown, "Checkpoint");

    public string? UnreadableReason => NullWhenEmpty(AsLine(shown, "UnreadableReason"));

    public string FormatVersion => AsLine(shown, "FormatVersion");

    public string Prefix => AsLine(shown, "Prefix");

    public string Message => AsLine(shown, "Message");

    public string Advice => AsLine(shown, "Advice");

    public string FirstFinding => AsLine(shown, "FirstFinding");

    public string Shape => AsNumbers(shown, "Shape");

    public string Stride => AsNumbers(shown, "Stride");

    public string Size => AsBytes(shown, "ByteLength");

    public string FileSize => AsBytes(shown, "FileLength");

    public string ModelSize => AsBytes(shown, "ModelBytes");

    public string DiskSize => AsBytes(shown, "BytesOnDisk");

    public string Available => AsBytes(shown, "MemoryAvailable");

    public string PrivateBefore => AsBytes(shown, "PrivateBytesBefore");

    public string PrivateAfter => AsBytes(shown, "PrivateBytesAfter");

    public string PrivatePeak => AsBytes(shown, "PrivateBytesPeak");

    public string? Components => NullWhenEmpty(
        PlainText.Names(AsPairs(AsValue(shown, "Components")).Select(pair => pair.Key)));

    public string? UnknownGlobals => NullWhenEmpty(AsNames(shown, "UnknownGlobals"));

    public string UnsafeGlobals => AsNames(shown, "UnsafeGlobals");

    public string MissingKeys => AsNames(shown, "MissingKeys");

    public string UnexpectedKeys => AsNames(shown, "UnexpectedKeys");

    public string ShapeMismatchKeys => AsNames(shown, "ShapeMismatchKeys");

    public string CastKeys => AsNames(shown, "CastKeys");

    public string InitializedKeys => AsNames(shown, "InitializedKeys");

    public string MetaKeys => AsNames(shown, "MetaKeys");

    public int FileCount => AsItems(AsValue(shown, "Files")).Count();

    public int GlobalCount => AsItems(AsValue(shown, "Globals")).Count();

    public int MissingCount => AsItems(AsValue(shown, "MissingKeys")).Count();

    public int UnexpectedCount => AsItems(AsValue(shown, "UnexpectedKeys")).Count();

    public int MetaCount => AsItems(AsValue(shown, "MetaKeys")).Count();

    public string DTypes =>
        PlainText.Format(string.Join(", ", AsPairs(AsValue(shown, "DTypes")).Select(pair => $"{pair.Key} x {AsText(pair.Value)}")));

    public string Values
    {
        get
        {
            var pairs = AsPairs(AsValue(shown, "Values")).Take(MostValues + 1).ToList();
            string text = PlainText.Format(string.Join("; ", pairs.Take(MostValues).Select(pair => $"{pair.Key} = {AsText(pair.Value)}")));
            return pairs.Count > MostValues ? $"{text}; and {AsPairs(AsValue(shown, "Values")).Count() - MostValues} more" : text;
        }
    }

    public string Metadata =>
        PlainText.Format(string.Join("; ", AsPairs(AsValue(shown, "Metadata")).Select(pair => $"{pair.Key} = {AsText(pair.Value)}")));

    public string FileName => PlainText.Format(
        System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(AsText(AsValue(shown, "Path")))));

    public string Directory => PlainText.Format(
        System.IO.Path.GetDirectoryName(System.IO.Path.TrimEndingDirectorySeparator(AsText(AsValue(shown, "Path")))));

    public string Read => AsBytes(shown, "BytesRead");

    public string Findings =>
        string.Join("\n", AsItems(AsValue(shown, "Findings")).Select(finding => PlainText.Format(AsText(finding))));

    public string MappedText => $"{AsText(AsValue(shown, "MappedCount"))}, {AsBytes(shown, "MappedBytes")}";

    public string CopiedText => $"{AsText(AsValue(shown, "CopiedCount"))}, {AsBytes(shown, "CopiedBytes")}";

    public string ModelText => $"{AsText(AsValue(shown, "TensorCount"))} tensors, {AsBytes(shown, "ModelBytes")}";

    public string? LargestTensor => AsInner(shown, "LargestTensor") is { } largest
        ? $"{AsName(largest, "Key")}, {AsBytes(largest, "ByteLength")}"
        : null;

    public string Naive => AsEstimate(shown, "Naive");

    public string Resident => AsEstimate(shown, "Resident");

    public string Mapped => AsEstimate(shown, "Mapped");

    public string ResidentPeak => AsInner(shown, "Resident") is { } mode ? AsBytes(mode, "PeakPrivateBytes") : string.Empty;

    public string MappedPeak => AsInner(shown, "Mapped") is { } mode ? AsBytes(mode, "PeakPrivateBytes") : string.Empty;

    public string? LoadReport => AsInner(shown, "LoadReport") is { } report
        ? $"{AsText(AsValue(report, "Mode"))} from {AsLine(report, "Path")}"
        : null;

    public string Minimum => AsNumber(shown, "Minimum");

    public string Maximum => AsNumber(shown, "Maximum");

    public string Mean => AsNumber(shown, "Mean");

    public string StandardDeviation => AsNumber(shown, "StandardDeviation", DeviationWidth);

    public string SpecialCounts => StatisticsText.SpecialCounts(shown);

    public string OtherHealth => StatisticsText.OtherHealth(shown);

    public string Health => PlainText.Format(string.Join(", ", AsItems(AsValue(shown, "Health")).Select(AsText)));

    // A dictionary that comes from a job has lost its order.
    public string Percentiles => PlainText.Format(string.Join(
        "; ",
        AsPairs(AsValue(shown, "Percentiles"))
            .OrderBy(pair => double.TryParse(pair.Key, CultureInfo.InvariantCulture, out double percent) ? percent : 0)
            .Select(pair => $"{pair.Key}% {ShortNumber.Format(pair.Value, 12)}")));

    public string? Histogram => AsInner(shown, "Histogram") is { } histogram && AsItems(AsValue(histogram, "Edges")).ToList() is { Count: > 1 } edges
        ? PlainText.Format($"{ShortNumber.Format(edges[0], NumberWidth)}..{ShortNumber.Format(edges[^1], NumberWidth)}: {string.Join(", ", AsItems(AsValue(histogram, "Counts")).Select(AsText))}")
        : null;

    // What is there only where somebody asked for it.
    public string AskedFigures => string.Join("; ", new[]
    {
        First is { Length: > 0 } first ? $"first: {first}" : null,
        Histogram is { } histogram ? $"histogram: {histogram}" : null,
        AsName(shown, "Hash") is { Length: > 0 } hash ? $"SHA-256: {hash}" : null,
    }.OfType<string>());

    public string? First => AsValue(shown, "First") is { } values
        ? PlainText.Format(string.Join(", ", AsItems(values).Take(MostFirst + 1).Select((value, index) => index < MostFirst ? AsText(Shortest(value)) : "...")))
        : null;

    public string RelativeChange => AsNumber(shown, "RelativeChange");

    public string MaximumAbsoluteDifference => AsNumber(shown, "MaximumAbsoluteDifference");

    public string CosineSimilarity => AsNumber(shown, "CosineSimilarity", DeviationWidth);

    public string ReferencePath => AsLine(shown, "ReferencePath");

    public string DifferencePath => AsLine(shown, "DifferencePath");

    public string? FirstDifference => NullWhenEmpty(AsLine(shown, "FirstDifference"));

    public string Detail => DifferenceText.Of(shown);

    public string? Slice => NullWhenEmpty(AsLine(shown, "Slice"));

    public string TreeLine => ExploredText.TreeLine(shown, TerminalStyle.Detect());

    public string PatternLine => ExploredText.PatternLine(shown, TerminalStyle.Detect());

    public string Pattern => AsName(shown, "Pattern");

    public string GroupName => ExploredText.GroupName(shown);

    public string Parameters => AsValue(shown, "ParameterCount") is { } value ? ShortCount.Format(Convert.ToInt64(value, CultureInfo.InvariantCulture)) : string.Empty;

    public string Share => AsValue(shown, "Share") is { } value ? ShortCount.Percent(Convert.ToDouble(value, CultureInfo.InvariantCulture)) : string.Empty;

    public string Numbers => PlainText.Format(string.Join("; ", AsItems(AsValue(shown, "Numbers")).Select(AsText)));

    public string Keys => AsNames(shown, "Keys");

    public string? Contents => NullWhenEmpty(AsLine(shown, "Contents"));

    public string TypeName => PlainText.Name(shown.TypeNames[0].Split('.', '+')[^1]);

    public string DifferenceKey => AsName(shown, "DifferenceKey");

    public string Section => ItemLayouts.Of(shown).Section(shown);

    public string Common => (ItemLayouts.Of(shown) as RowLayout)?.Above(shown, TerminalStyle.Begin()) ?? string.Empty;

    public string Heading => ItemLayouts.Of(shown).Heading(shown, TerminalStyle.Begin());

    public string Row => ItemLayouts.Of(shown).Text(shown, TerminalStyle.Detect());
#pragma warning restore CS1591

    internal ShownItem Item => new(shown);

    // Of an enumeration, a copy from a job keeps the name as its text alone.
    internal string Get(string property) => PlainText.Format(AsText(shown.Properties[property]?.Value));

    /// <summary>A number of float32 has as many digits as tell it from its neighbours, though it was made a double.</summary>
    private static object? Shortest(object? value) => value is double number && (float)number == number ? (float)number : value;

    private static string AsEstimate(PSObject item, string property) => AsInner(item, property) is { } mode
        ? $"{AsBytes(mode, "PeakPrivateBytes")}{(AsValue(mode, "Fits") is false ? ", does not fit" : string.Empty)}"
        : string.Empty;

    private static string AsName(PSObject item, string property) => PlainText.Name(AsText(AsValue(item, property)));

    private static string AsLine(PSObject item, string property) => PlainText.Format(AsText(AsValue(item, property)));

    private static string AsNames(PSObject item, string property) => PlainText.Names(AsItems(AsValue(item, property)));

    private static string AsNumber(PSObject item, string property, int width = NumberWidth) => ShortNumber.Format(AsValue(item, property), width);

    internal static string AsNumbers(PSObject item, string property) => $"[{string.Join(", ", AsItems(AsValue(item, property)).Select(AsText))}]";

    private static string AsBytes(PSObject item, string property) =>
        AsValue(item, property) is { } value ? ByteSize.Format(Convert.ToInt64(value, CultureInfo.InvariantCulture)) : string.Empty;

    private static PSObject? AsInner(PSObject item, string property) => AsValue(item, property) is { } value ? PSObject.AsPSObject(value) : null;

    internal static object? AsValue(PSObject item, string property)
    {
        object? value = item.Properties[property]?.Value;
        return value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
    }

    internal static string AsText(object? value) => Convert.ToString(value is PSObject wrapped ? wrapped.ToString() : value, CultureInfo.InvariantCulture) ?? string.Empty;

    private static string? NullWhenEmpty(string text) => text.Length == 0 ? null : text;

    internal static IEnumerable<object?> AsItems(object? value) => value is string or null ? [] : (value as IEnumerable)?.Cast<object?>() ?? [];

    // Of generic dictionaries, too, and of the hashtables that jobs make of them.
    internal static IEnumerable<(string Key, object? Value)> AsPairs(object? dictionary)
    {
        if (dictionary is IDictionary entries)
        {
            foreach (DictionaryEntry entry in entries)
            {
                yield return (AsText(entry.Key), entry.Value);
            }

            yield break;
        }

        foreach (object? each in AsItems(dictionary))
        {
            var pair = PSObject.AsPSObject(each);
            yield return (AsText(pair.Properties["Key"]?.Value), pair.Properties["Value"]?.Value);
        }
    }
}
