namespace LowMem.Checkpoints;

/// <summary>What a global named in a pickle could do if something resolved and called it.</summary>
public enum GlobalRisk
{
    /// <summary>PyTorch allows it by default, or it is a plain data type that training scripts save.</summary>
    Known,

    /// <summary>Nothing is known about it.</summary>
    Unknown,

    /// <summary>It can run code, or reach the file system, the network or the loader itself.</summary>
    Dangerous,
}
