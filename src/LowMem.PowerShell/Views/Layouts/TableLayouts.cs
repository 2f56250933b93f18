using LowMem.PowerShell.Views;

namespace LowMem.PowerShell.Views.Layouts;

/// <summary>
/// The tables. The columns that a window of 40 has no room for begin at the width where there is; a name has room for what tells it from
/// others at 80, and columns that few look at are there from 110 on.
/// </summary>
internal static class TableLayouts
{
    /// <summary>Tensors of a checkpoint.</summary>
    public static readonly RowLayout Tensors = new(
        "tensors",
        [new("DType", 13, item => item.DType, From: 70), new("Shape", 16, item => item.Shape, From: 50), new("Size", 9, item => item.Size, IsRight: true)],
        "Key",
        item => new(item.Key));

    /// <summary>Tensors that have something in common.</summary>
    public static readonly RowLayout Groups = new(
        "groups",
        [
            new("Tensors", 7, item => item.Get("TensorCount"), IsRight: true), new("Params", 6, item => item.Parameters, IsRight: true, From: 60),
            new("Size", 10, item => item.Size, IsRight: true), new("Share", 5, item => item.Share, IsRight: true, From: 50),
        ],
        "Name",
        item => new(item.GroupName, KeepsBeginning: item.Get("Grouping") == "Storage"));

    /// <summary>Figures of tensors. What is wrong stands behind the key.</summary>
    public static readonly RowLayout Statistics = new(
        "statistics",
        [
            new("DType", 13, item => item.DType, From: 110), new("Shape", 16, item => item.Shape, From: 110),
            new("Minimum", 8, item => item.Minimum, IsRight: true), new("Maximum", 8, item => item.Maximum, IsRight: true),
            new("Mean", 8, item => item.Mean, IsRight: true, From: 50), new("StdDev", 7, item => item.StandardDeviation, IsRight: true, From: 60),
            new("NaN/Inf/0", 9, item => item.SpecialCounts, IsRight: true, From: 70),
        ],
        "Key",
        item => new(item.Key, "  ", item.OtherHealth))
    {
        Sentence = item => item.AskedFigures,
    };

    /// <summary>What differs between two checkpoints.</summary>
    public static readonly RowLayout Differences = new(
        "differences",
        [
            new("Change", 7, item => item.Get("Change")), new("RelChange", 9, item => item.RelativeChange, IsRight: true, From: 60),
            new("MaxDiff", 8, item => item.MaximumAbsoluteDifference, IsRight: true, From: 70), new("Cosine", 7, item => item.CosineSimilarity, IsRight: true, From: 110),
            new("Differs", 12, item => item.Get("Change") == "Renamed" ? string.Empty : item.Detail, From: 50),
        ],
        "Key",
        item => item.Get("Change") == "Renamed" ? new(item.Key, " -> ", item.DifferenceKey) : new(item.Key));

    /// <summary>Parameters and buffers of a module.</summary>
    public static readonly RowLayout Parameters = new(
        "parameters",
        [
            new("ModuleType", 14, item => item.ModuleType, From: 70), new("DType", 8, item => item.DType, From: 110), new("Shape", 13, item => item.Shape, From: 50),
            new("Device", 6, item => item.Get("Device"), From: 60), new("Size", 9, item => item.Size, IsRight: true),
        ],
        "Key",
        item => new(item.Key, " = ", item.TiedTo));

    /// <summary>Verdicts. Shards and snapshots bear the same names everywhere: the directory tells them apart.</summary>
    public static readonly RowLayout Verdicts = new(
        "verdicts",
        [
            new("Passed", 6, item => item.Get("Passed")), new("Errors", 6, item => item.Get("Errors"), IsRight: true),
            new("Warnings", 8, item => item.Get("Warnings"), IsRight: true),
        ],
        "Path",
        item => new(item.FileName))
    {
        Common = ("Directory", item => item.Directory),
        Sentence = item => item.FirstFinding,
    };

    /// <summary>What a part of a job says of its share.</summary>
    public static readonly RowLayout Parts = new(
        "parts",
        [
            new("PartPassed", 10, item => item.Get("PartPassed")), new("Checkpoints", 11, item => item.Get("CheckpointCount"), IsRight: true, From: 60),
            new("Errors", 6, item => item.Get("Errors"), IsRight: true), new("Warnings", 8, item => item.Get("Warnings"), IsRight: true),
        ],
        "Part",
        item => new(item.Get("Part")))
    {
        Sentence = item => item.FirstFinding,
    };

    /// <summary>Findings.</summary>
    public static readonly RowLayout Findings = new(
        "findings",
        [new("Severity", 11, item => item.Get("Severity")), new("Code", 22, item => item.Code, From: 60)],
        "Key",
        item => new(item.Key))
    {
        Sentence = item => item.Message,
    };

    /// <summary>Items of a checkpoint that is a drive.</summary>
    public static readonly RowLayout Items = new(
        "items",
        [
            new("Mode", 4, item => item.Item.Mode), new("Content", 26, item => item.Item.Content, From: 70),
            new("Parameters", 10, item => item.Item.Parameters, IsRight: true, From: 60), new("Size", 9, item => item.Item.Size, IsRight: true),
            new("Share", 6, item => item.Item.Share, IsRight: true, From: 50),
        ],
        "Name",
        item => new(item.Item.Name))
    {
        Common = ("Module", item => item.Item.Parent),
    };
}
