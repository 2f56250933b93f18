using System.Management.Automation;

namespace LowMem.PowerShell.Provider;

/// <summary>
/// What PowerShell adds to each item of a drive and is no text: there for who asks by name, and not listed. In JSON, the drive and
/// the provider of a tensor would be more than the tensor.
/// </summary>
/// <remarks>Only type data can make a member hidden. A copy of one is, too, and PowerShell sets the members that an item has.</remarks>
public static class HiddenNotes
{
    private const string TypeName = "LowMem.PowerShell.Provider.HiddenNotes";

    private static readonly string[] Names = ["PSDrive", "PSProvider"];

    private static PSMemberInfo[] templates = [];

    /// <summary>The drive that an item came from; null where it has none.</summary>
    /// <param name="item">The item.</param>
    public static object? GetDrive(PSObject item) => item?.BaseObject switch
    {
        DriveTensor tensor => tensor.Drive,
        CheckpointNode node => node.Drive,
        CheckpointValue value => value.Drive,
        _ => null,
    };

    /// <summary>The provider; null where it is not known.</summary>
    /// <param name="item">The item.</param>
    public static object? GetProvider(PSObject item) => (GetDrive(item) as PSDriveInfo)?.Provider;

    /// <summary>Does not keep what follows from the rest.</summary>
    /// <param name="item">The item.</param>
    /// <param name="value">What PowerShell has found out.</param>
    public static void Ignore(PSObject item, object? value)
    {
    }

    internal static void AddTo(PSObject item)
    {
        if (templates.Length == 0)
        {
            templates = FindTemplates();
        }

        foreach (var template in templates)
        {
            item.Members.Add(template.Copy(), preValidated: true);
        }
    }

    private static PSMemberInfo[] FindTemplates()
    {
        var notes = new PSObject();
        notes.TypeNames.Insert(0, TypeName);
        return [.. Names.Select(name => notes.Members[name]).Where(note => note is not null)];
    }
}
