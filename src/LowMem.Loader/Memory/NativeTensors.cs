using System.Runtime.InteropServices;
using LowMem.Loader.Native;
using static TorchSharp.torch;

namespace LowMem.Loader.Memory;

/// <summary>
/// The two functions of TorchSharp's native library that its managed API does not offer as they are needed here:
/// a tensor over foreign memory, and the address of a tensor's first element.
/// </summary>
internal static unsafe class NativeTensors
{
    private static readonly nint Library = NativeLibraryLoader.Handle;

    private static readonly delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<nint, void>, long*, int, sbyte, sbyte, int, int, byte, nint> New =
        (delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<nint, void>, long*, int, sbyte, sbyte, int, int, byte, nint>)
        NativeLibrary.GetExport(Library, "THSTensor_new");

    private static readonly delegate* unmanaged[Cdecl]<nint, nint> Data =
        (delegate* unmanaged[Cdecl]<nint, nint>)NativeLibrary.GetExport(Library, "THSTensor_data");

    /// <summary>Makes a contiguous CPU tensor over memory that someone else owns.</summary>
    /// <param name="address">The first element; aligned to the element size, never null.</param>
    /// <param name="shape">The size of each dimension.</param>
    /// <param name="type">Their type; it may be a code that <see cref="ScalarType"/> does not declare.</param>
    /// <param name="deleter">Called with <paramref name="address"/> once no tensor uses the memory any more.</param>
    public static Tensor Over(nint address, ReadOnlySpan<long> shape, ScalarType type, delegate* unmanaged[Cdecl]<nint, void> deleter)
    {
        const int cpu = 0;
        const int anyIndex = -1;
        nint handle;
        fixed (long* sizes = shape)
        {
            handle = New(address, deleter, sizes, shape.Length, (sbyte)type, (sbyte)type, cpu, anyIndex, 0);
        }

        if (handle == 0)
        {
            CheckForErrors();
            throw new InvalidOperationException("libtorch made no tensor over the mapped memory, and gave no reason.");
        }

        return Tensor.UnsafeCreateTensor(handle);
    }

    /// <summary>The address of the first element of a CPU tensor.</summary>
    public static nint AddressOf(Tensor tensor)
    {
        var address = Data(tensor.Handle);
        if (address == 0)
        {
            CheckForErrors();
        }

        return address;
    }
}
