using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Loader.Memory;

/// <summary>A file mapped by the framework, as a copy-on-write view.</summary>
/// <remarks>Windows charges the length of such a view to the commit limit, though no page of it is private yet.</remarks>
internal sealed unsafe class ViewFileMapping : FileMapping
{
    private readonly MemoryMappedFile mapping;
    private readonly MemoryMappedViewAccessor view;
    private nint address;

    public ViewFileMapping(SafeFileHandle file, long length)
    {
        mapping = MemoryMappedFile.CreateFromFile(
            file, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        try
        {
            view = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.CopyOnWrite);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            address = (nint)(start + view.PointerOffset);
        }
        catch
        {
            view?.Dispose();
            mapping.Dispose();
            throw;
        }
    }

    public override nint Address => address;

    public override void Dispose()
    {
        if (address != 0)
        {
            address = 0;
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
            mapping.Dispose();
        }
    }
}
