namespace LowMem.Checkpoints.Values.Slices;

/// <summary>What a part of a slice is.</summary>
internal enum SliceItemKind
{
    /// <summary>One index, which takes the dimension away.</summary>
    Index,

    /// <summary>Indices from one to another.</summary>
    Range,

    /// <summary>As many whole dimensions as are left.</summary>
    Ellipsis,
}
