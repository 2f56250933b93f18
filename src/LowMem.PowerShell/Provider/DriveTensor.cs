using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.Checkpoints;

namespace LowMem.PowerShell.Provider;

/// <summary>
/// A tensor as an item of a drive. A type of its own, since PowerShell keeps the names of types that are given to one object in a
/// table of weak references: a hundred thousand of those cost more than all the rest.
/// </summary>
internal sealed record DriveTensor : TensorInfo
{
    /// <summary>Makes a new object, whose arrays are its own as well: who changes it changes nothing of the listing.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="drive">The drive; null where a path needed none.</param>
    [SetsRequiredMembers]
    public DriveTensor(TensorInfo tensor, PSDriveInfo? drive)
        : base(tensor)
    {
        Shape = [.. tensor.Shape];
        Stride = [.. tensor.Stride];
        Drive = drive;
    }

    internal PSDriveInfo? Drive { get; }

    /// <inheritdoc/>
    public override string ToString() => base.ToString();
}
