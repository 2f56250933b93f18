namespace LowMem.PowerShell.Views.Layouts;

/// <summary>The lists, of what comes alone or by the few.</summary>
internal static class ListLayouts
{
    /// <summary>A checkpoint as a whole.</summary>
    public static readonly ListLayout Summary = new(
        ("Path", item => item.Path),
        ("Format", item => item.Get("Format")),
        ("FormatVersion", item => item.FormatVersion),
        ("TensorCount", item => item.Get("TensorCount")),
        ("ParameterCount", item => item.Get("ParameterCount")),
        ("Size", item => item.Size),
        ("FileSize", item => item.FileSize),
        ("DTypes", item => item.DTypes),
        ("ShardCount", item => item.Get("ShardCount")),
        ("Globals", item => $"{item.GlobalCount}"),
        ("UnknownGlobals", item => item.UnknownGlobals),
        ("UnsafeGlobals", item => item.UnsafeGlobals),
        ("WeightsOnly", item => item.Get("WeightsOnly")),
        ("Values", item => item.Values),
        ("Metadata", item => item.Metadata));

    /// <summary>What was written.</summary>
    public static readonly ListLayout Conversion = new(
        ("Path", item => item.Path),
        ("Format", item => item.Get("Format")),
        ("Files", item => $"{item.FileCount}"),
        ("TensorCount", item => item.Get("TensorCount")),
        ("CastCount", item => item.Get("CastCount")),
        ("TiedCount", item => item.Get("TiedCount")),
        ("Shard", Shard),
        ("Size", item => item.Size),
        ("Verified", item => item.Get("Verified")),
        ("Duration", item => item.Get("Duration")));

    /// <summary>What a load did.</summary>
    public static readonly ListLayout Load = new(
        ("Path", item => item.Path),
        ("Mode", item => item.Get("Mode")),
        ("Prefix", item => item.Prefix),
        ("Device", item => item.Get("Device")),
        ("TensorCount", item => item.Get("TensorCount")),
        ("Shard", Shard),
        ("Mapped", item => item.MappedText),
        ("Copied", item => item.CopiedText),
        ("MissingKeys", item => item.MissingKeys),
        ("UnexpectedKeys", item => item.UnexpectedKeys),
        ("ShapeMismatchKeys", item => item.ShapeMismatchKeys),
        ("CastKeys", item => item.CastKeys),
        ("InitializedKeys", item => item.InitializedKeys),
        ("MetaKeys", item => item.MetaKeys),
        ("Duration", item => item.Get("Duration")),
        ("PrivateBefore", item => item.PrivateBefore),
        ("PrivateAfter", item => item.PrivateAfter),
        ("PrivatePeak", item => item.PrivatePeak));

    /// <summary>What a load would need.</summary>
    public static readonly ListLayout Estimate = new(
        ("Path", item => item.Path),
        ("Prefix", item => item.Prefix),
        ("Model", item => item.ModelText),
        ("OnDisk", item => item.DiskSize),
        ("LargestTensor", item => item.LargestTensor),
        ("Naive", item => item.Naive),
        ("Resident", item => item.Resident),
        ("Mapped", item => item.Mapped),
        ("Available", item => item.Available),
        ("AdvisedMode", item => item.Get("AdvisedMode")),
        ("Advice", item => item.Advice));

    /// <summary>A module has no properties worth a list; what one wants to know is how much there is of it, and where.</summary>
    public static readonly ListLayout Module = new(
        ("Module", item => item.TypeName),
        ("ParameterCount", item => item.Get("ParameterCount")),
        ("Size", item => item.Size),
        ("Device", item => item.Get("Device")),
        ("LoadReport", item => item.LoadReport));

    private static string? Shard(ShownObject item) =>
        item.Get("Shard") is { Length: > 0 } shard ? $"{shard}, {item.Get("SplitCount")} of its tensors split" : null;
}
