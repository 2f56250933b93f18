namespace LowMem.Checkpoints;

/// <summary>PyTorch's names of tensor layouts, without the <c>torch.</c> in front.</summary>
public static class TensorLayouts
{
    /// <summary>A dense tensor: an offset, a shape and strides over one storage.</summary>
    public const string Strided = "strided";

    /// <summary>Coordinates and values.</summary>
    public const string SparseCoo = "sparse_coo";

    /// <summary>Compressed sparse rows.</summary>
    public const string SparseCsr = "sparse_csr";

    /// <summary>Compressed sparse columns.</summary>
    public const string SparseCsc = "sparse_csc";

    /// <summary>Compressed sparse rows of blocks.</summary>
    public const string SparseBsr = "sparse_bsr";

    /// <summary>Compressed sparse columns of blocks.</summary>
    public const string SparseBsc = "sparse_bsc";

    /// <summary>Rows of different lengths one behind the other, and where each begins.</summary>
    public const string Jagged = "jagged";
}
