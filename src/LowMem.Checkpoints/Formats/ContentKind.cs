namespace LowMem.Checkpoints.Formats;

/// <summary>What the first bytes of a file say it is.</summary>
internal enum ContentKind
{
    Unknown,
    Zip,
    Safetensors,
    ShardIndex,
    LegacyPyTorch,
    Tar,
    DistributedMetadata,
}
