using System.Management.Automation;

namespace LowMem.PowerShell.Views;

/// <summary>What PowerShell hands to a code property.</summary>
internal static class CellItems
{
    /// <summary>The object that a property is read of.</summary>
    /// <exception cref="ArgumentNullException">There is none.</exception>
    public static T Of<T>(PSObject item)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(item);
        return (T)item.BaseObject;
    }
}
