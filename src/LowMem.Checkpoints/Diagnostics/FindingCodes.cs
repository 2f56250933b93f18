namespace LowMem.Checkpoints.Diagnostics;

/// <summary>The stable codes of findings. Scripts depend on them.</summary>
public static class FindingCodes
{
    /// <summary>The pickle names a global that could run code or reach outside the file.</summary>
    public const string UnsafeGlobal = "UnsafeGlobal";

    /// <summary>The pickle names a global that is not known to be inert; allowed ones are reported as information.</summary>
    public const string UnknownGlobal = "UnknownGlobal";

    /// <summary>PyTorch's <c>torch.load(weights_only=True)</c> would refuse the file.</summary>
    public const string WeightsOnlyRefused = "WeightsOnlyRefused";

    /// <summary>There is more that looks like pickles than was read.</summary>
    public const string HiddenPickles = "HiddenPickles";

    /// <summary>A tensor names a storage for which the file has no record.</summary>
    public const string StorageMissing = "StorageMissing";

    /// <summary>The size of a storage's record is not its element count times its element size.</summary>
    public const string StorageSizeMismatch = "StorageSizeMismatch";

    /// <summary>The file holds storages that no listed tensor uses.</summary>
    public const string UnlistedStorage = "UnlistedStorage";

    /// <summary>Several tensors go by one key.</summary>
    public const string DuplicateKey = "DuplicateKey";

    /// <summary>A tensor reaches outside its storage.</summary>
    public const string TensorOutOfBounds = "TensorOutOfBounds";

    /// <summary>A tensor's description breaks the rules.</summary>
    public const string TensorInvalid = "TensorInvalid";

    /// <summary>An archive entry breaks the rules of zip.</summary>
    public const string ArchiveEntryInvalid = "ArchiveEntryInvalid";

    /// <summary>There are bytes after the end of the content.</summary>
    public const string TrailingBytes = "TrailingBytes";

    /// <summary>Storages of different names share bytes.</summary>
    public const string StorageOverlap = "StorageOverlap";

    /// <summary>The bytes are not those whose checksum the file carries.</summary>
    public const string ChecksumMismatch = "ChecksumMismatch";

    /// <summary>The file carries no checksum of these bytes.</summary>
    public const string ChecksumAbsent = "ChecksumAbsent";

    /// <summary>Digests that lie beside the checkpoint were used, and which.</summary>
    public const string DigestsUsed = "DigestsUsed";

    /// <summary>A file of digests has lines that are none.</summary>
    public const string DigestsUnreadable = "DigestsUnreadable";

    /// <summary>A tensor holds NaN or infinities.</summary>
    public const string NonFiniteValues = "NonFiniteValues";

    /// <summary>A tensor holds numbers too small for the full precision of their type.</summary>
    public const string DenormalValues = "DenormalValues";

    /// <summary>Every value of a tensor is zero.</summary>
    public const string AllZero = "AllZero";

    /// <summary>The weights of a layer are all the same number.</summary>
    public const string ConstantValues = "ConstantValues";

    /// <summary>All weights of one or more outputs of a layer are zero.</summary>
    public const string DeadRows = "DeadRows";

    /// <summary>All weights of one or more inputs of a layer are zero.</summary>
    public const string DeadColumns = "DeadColumns";

    /// <summary>A few values are finite, and far beyond all others.</summary>
    public const string AbsurdValues = "AbsurdValues";

    /// <summary>The weights of a layer are huge.</summary>
    public const string ExplodingNorm = "ExplodingNorm";

    /// <summary>The weights of a layer are far larger or smaller than those of the same layer in other blocks.</summary>
    public const string UnlikeSiblings = "UnlikeSiblings";

    /// <summary>The values of a tensor were not looked at.</summary>
    public const string ValuesUnchecked = "ValuesUnchecked";

    /// <summary>The manifest names a file or tensor that the checkpoint lacks.</summary>
    public const string ManifestMissing = "ManifestMissing";

    /// <summary>The checkpoint has a file or tensor that the manifest does not name.</summary>
    public const string ManifestUnexpected = "ManifestUnexpected";

    /// <summary>A file or tensor is not what it was when the manifest was made.</summary>
    public const string ManifestChanged = "ManifestChanged";

    /// <summary>The index names a key that no shard has.</summary>
    public const string ShardKeyMissing = "ShardKeyMissing";

    /// <summary>A shard has a key that the index does not name.</summary>
    public const string ShardKeyUnexpected = "ShardKeyUnexpected";

    /// <summary>The index names a shard that is not there or cannot be read.</summary>
    public const string ShardMissing = "ShardMissing";

    /// <summary>A file of a checkpoint is shorter than what it should hold.</summary>
    public const string FileTruncated = CheckpointErrorIds.Truncated;

    /// <summary>A piece of a tensor of a distributed checkpoint is missing, broken, or not what was announced.</summary>
    public const string ChunkInvalid = "ChunkInvalid";

    /// <summary>The pieces of a tensor of a distributed checkpoint overlap, leave gaps or reach out of it.</summary>
    public const string ChunkLayoutInvalid = "ChunkLayoutInvalid";

    /// <summary>A signature was verified: who signed, and how many files.</summary>
    public const string SignatureVerified = "SignatureVerified";

    /// <summary>What was given as a signature is none, or is not that of the signer over what it holds.</summary>
    public const string SignatureInvalid = "SignatureInvalid";

    /// <summary>The signature was made by somebody whom nothing that was given vouches for.</summary>
    public const string SignatureUntrusted = "SignatureUntrusted";

    /// <summary>The signature uses something that cannot be verified here.</summary>
    public const string SignatureUnsupported = "SignatureUnsupported";

    /// <summary>A file is not what it was when it was signed.</summary>
    public const string SignatureFileChanged = "SignatureFileChanged";

    /// <summary>A file that was signed is not there.</summary>
    public const string SignatureFileMissing = "SignatureFileMissing";

    /// <summary>A file is there that was not signed.</summary>
    public const string SignatureFileUnsigned = "SignatureFileUnsigned";

    /// <summary>No file of the directory is a checkpoint: only its signature was verified.</summary>
    public const string CheckpointAbsent = "CheckpointAbsent";

    /// <summary>The directory holds another checkpoint beside the one that was read, which other programs may take for it.</summary>
    public const string CheckpointBeside = "CheckpointBeside";
}
