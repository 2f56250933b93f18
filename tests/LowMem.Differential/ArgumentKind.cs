namespace LowMem.Differential;

/// <summary>What follows an opcode.</summary>
internal enum ArgumentKind
{
    /// <summary>A fixed number of bytes.</summary>
    Fixed,

    /// <summary>A length of a fixed number of bytes, and as many bytes as it says.</summary>
    Counted,

    /// <summary>Lines of text.</summary>
    Lines,
}
