using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LowMem.Loader.Import.Planning;

/// <summary>Knows which element types libtorch can turn into which, by having it try with one element.</summary>
internal static class CastSupport
{
    private static readonly ConcurrentDictionary<(ScalarType From, ScalarType To), bool> Known = new();

    /// <summary>Whether values of one type can be cast to another.</summary>
    public static bool CanCast(ScalarType from, ScalarType to) => from == to || Known.GetOrAdd((from, to), Try);

    private static bool Try((ScalarType From, ScalarType To) types)
    {
        try
        {
            using var source = empty(1, dtype: types.From, device: CPU);
            using var destination = empty(1, dtype: types.To, device: CPU);
            destination.copy_(source);
            return true;
        }
        catch (ExternalException)
        {
            return false;
        }
    }
}
