using System.Management.Automation;

namespace LowMem.PowerShell.Views;

/// <summary>
/// Hidden members of objects: what views show of them, and what PowerShell lists of them where it asks for no view.
/// </summary>
public static class DisplayMembers
{
    /// <summary>The object as views show it.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object Shown(PSObject item) => new ShownObject(item);

    /// <summary><see cref="ShownObject.Advice"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? Advice(PSObject item) => new ShownObject(item).Advice;

    /// <summary><see cref="ShownObject.Code"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? Code(PSObject item) => new ShownObject(item).Code;

    /// <summary><see cref="ShownObject.Detail"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? Detail(PSObject item) => new ShownObject(item).Detail;

    /// <summary><see cref="ShownObject.FirstFinding"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? FirstFinding(PSObject item) => new ShownObject(item).FirstFinding;

    /// <summary><see cref="ShownObject.Key"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? Key(PSObject item) => new ShownObject(item).Key;

    /// <summary><see cref="ShownObject.Message"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? Message(PSObject item) => new ShownObject(item).Message;

    /// <summary><see cref="ShownObject.MetaKeys"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? MetaKeys(PSObject item) => new ShownObject(item).MetaKeys;

    /// <summary><see cref="ShownObject.MissingKeys"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? MissingKeys(PSObject item) => new ShownObject(item).MissingKeys;

    /// <summary><see cref="ShownObject.ModuleTypeName"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? ModuleTypeName(PSObject item) => new ShownObject(item).ModuleTypeName;

    /// <summary><see cref="ShownObject.Path"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? Path(PSObject item) => new ShownObject(item).Path;

    /// <summary><see cref="ShownObject.Shape"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? Shape(PSObject item) => new ShownObject(item).Shape;

    /// <summary><see cref="ShownObject.UnexpectedKeys"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? UnexpectedKeys(PSObject item) => new ShownObject(item).UnexpectedKeys;

    /// <summary><see cref="ShownObject.UnknownGlobals"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? UnknownGlobals(PSObject item) => new ShownObject(item).UnknownGlobals;

    /// <summary><see cref="ShownObject.UnsafeGlobals"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? UnsafeGlobals(PSObject item) => new ShownObject(item).UnsafeGlobals;

    /// <summary>The property Value as one harmless line.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? Value(PSObject item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return PlainText.Format(ShownObject.AsText(ShownObject.AsValue(item, "Value")));
    }

    /// <summary><see cref="ShownObject.Name"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? Name(PSObject item) => new ShownObject(item).Name;

    /// <summary><see cref="ShownObject.Pattern"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? Pattern(PSObject item) => new ShownObject(item).Pattern;

    /// <summary><see cref="ShownObject.GroupName"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? GroupName(PSObject item) => new ShownObject(item).GroupName;

    /// <summary><see cref="ShownObject.FileSize"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? FileSize(PSObject item) => new ShownObject(item).FileSize;

    /// <summary><see cref="ShownObject.Size"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? Size(PSObject item) => new ShownObject(item).Size;

    /// <summary><see cref="ShownObject.DTypes"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? ElementTypes(PSObject item) => new ShownObject(item).DTypes;

    /// <summary><see cref="ShownObject.Values"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? OtherValues(PSObject item) => new ShownObject(item).Values;

    /// <summary><see cref="ShownObject.Metadata"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? Notes(PSObject item) => new ShownObject(item).Metadata;

    /// <summary><see cref="ShownObject.FormatVersion"/>.</summary>
    /// <param name="item">The object, or a copy of it from a job.</param>
    public static object? StatedVersion(PSObject item) => new ShownObject(item).FormatVersion;
}
