using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace LowMem.Loader.Modules;

/// <summary>The row of an embedding that stands for padding, and starts as zeros: TorchSharp's class does not tell.</summary>
internal static class PaddingRows
{
    private static readonly ConditionalWeakTable<nn.Module, StrongBox<long>> Rows = [];

    /// <summary>Notes the row of an embedding that is made here.</summary>
    public static void Set(nn.Module embedding, long row) => Rows.AddOrUpdate(embedding, new StrongBox<long>(row));

    /// <summary>The row, or null when there is none or nobody said so.</summary>
    public static long? Find(nn.Module embedding) => Rows.TryGetValue(embedding, out var row) ? row.Value : null;
}
