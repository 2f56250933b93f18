using System.Globalization;
using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;
using LowMem.PowerShell.Provider;

namespace LowMem.PowerShell.Views;

/// <summary>An item of a checkpoint that is a drive, as one table shows modules, tensors and values; or a copy of it from a job.</summary>
/// <param name="item">The item.</param>
public sealed class ShownItem(PSObject item)
{
    /// <summary><c>m</c> for a module, <c>t</c> for a tensor, <c>v</c> for a value.</summary>
    public string Mode => IsModule ? "m" : IsTensor ? "t" : "v";

    /// <summary>What to type to get there.</summary>
    public string Name => DisplayText.Name((Get("PSChildName") ?? Get("Name") ?? Get("Key")) as string);

    /// <summary>How many tensors, the type and shape, or the value.</summary>
    public string Content => IsModule && Get("TensorCount") is 0 && Get("ValueCount") is int values ? Text($"{values} {(values == 1 ? "value" : "values")}")
        : IsModule ? Text($"{Get("TensorCount")} {(Get("TensorCount") is 1 ? "tensor" : "tensors")}")
        : IsTensor ? $"{new ShownObject(item).DType} {new ShownObject(item).Shape}"
        : DisplayText.Name(Text($"{Get("Value") ?? "None"}"));

    /// <summary>The number of elements.</summary>
    public string Parameters => IsModule && Get("TensorCount") is 0 ? string.Empty : (Get("ParameterCount") ?? Get("ElementCount")) is { } count ? ShortNumber.Format(count, 10) : string.Empty;

    /// <summary>The bytes.</summary>
    public string Size => Get("ByteLength") is long bytes && Get("TensorCount") is not 0 ? ByteSize.Format(bytes) : string.Empty;

    /// <summary>The part of all bytes, where it is known.</summary>
    public string Share => Get("Share") is double share && Get("TensorCount") is not 0 ? share.ToString("0.0%", CultureInfo.InvariantCulture) : string.Empty;

    /// <summary>The path of the module that the item is in.</summary>
    public string Parent
    {
        get
        {
            string path = Get("PSParentPath") as string ?? string.Empty;
            int start = path.IndexOf("::", StringComparison.Ordinal);
            string inside = start < 0 ? path : path[(start + 2)..];
            return DisplayText.Line(Get("PSDrive") is CheckpointDrive drive && inside.StartsWith(drive.Root, StringComparison.Ordinal)
                ? $"{drive.Name}:{(inside.Length == drive.Root.Length ? System.IO.Path.DirectorySeparatorChar : string.Empty)}{inside[drive.Root.Length..]}"
                : inside);
        }
    }

    private bool IsModule => Get("TensorCount") is not null;

    private bool IsTensor => Get("Shape") is not null;

    /// <summary>The item as views show it.</summary>
    /// <param name="item">The item, or a copy of it from a job.</param>
    public static object Of(PSObject item) => new ShownItem(item);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private object? Get(string property) => item.Properties[property]?.Value is { } value ? value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value : null;
}
