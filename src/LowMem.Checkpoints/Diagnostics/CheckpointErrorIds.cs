namespace LowMem.Checkpoints.Diagnostics;

/// <summary>The fixed ids of errors about checkpoints. Scripts depend on them: they never change.</summary>
public static class CheckpointErrorIds
{
    /// <summary>No file or directory is at the path, or the directory holds no checkpoint.</summary>
    public const string NotFound = "CheckpointNotFound";

    /// <summary>The operating system would not let the file be read.</summary>
    public const string AccessDenied = "CheckpointAccessDenied";

    /// <summary>It is a pipe, a device, a socket or another thing that is no regular file.</summary>
    public const string NotRegularFile = "CheckpointNotRegularFile";

    /// <summary>The content breaks the rules of its format, or is of no format known here.</summary>
    public const string FormatInvalid = "CheckpointFormatInvalid";

    /// <summary>The file ends before the content does.</summary>
    public const string Truncated = "CheckpointTruncated";

    /// <summary>The file is another one than was listed, or was written to since: what was checked is not what is there.</summary>
    public const string Changed = "CheckpointChanged";

    /// <summary>The content is sound as far as can be told, but uses something that is not read here.</summary>
    public const string Unsupported = "CheckpointUnsupported";

    /// <summary>
    /// The file names globals that could run code if PyTorch loaded it, or holds a pickle that versions of Python read in
    /// different ways.
    /// </summary>
    public const string Unsafe = "CheckpointUnsafe";

    /// <summary>A slice is none, or a tensor has no such part.</summary>
    public const string SliceInvalid = "SliceInvalid";

    /// <summary>A shard is none, or a tensor cannot be split, or not by the rules that were given.</summary>
    public const string ShardInvalid = "ShardInvalid";

    /// <summary>A map of keys has no clear answer for a key, or two keys get one name.</summary>
    public const string KeyMapInvalid = "KeyMapInvalid";

    /// <summary>The format that is asked for cannot hold something of the checkpoint.</summary>
    public const string ConversionUnsupported = "ConversionUnsupported";

    /// <summary>What an earlier conversion left behind when it was killed is in the way.</summary>
    public const string ConversionUnfinished = "ConversionUnfinished";

    /// <summary>What was written does not read back as it was written.</summary>
    public const string ConversionNotVerified = "ConversionNotVerified";

    /// <summary>There is something already where something is to be written.</summary>
    public const string OutputExists = "OutputExists";

    /// <summary>What is to be written would take the place of what is read.</summary>
    public const string OutputIsInput = "OutputIsInput";

    /// <summary>The extension of the output says nothing of its format.</summary>
    public const string OutputFormatUnknown = "OutputFormatUnknown";

    /// <summary>Parts that were to be joined are missing, doubled, or of another job.</summary>
    public const string PartsNotWhole = "PartsNotWhole";

    /// <summary>What was to be a part is none, or was changed since it was made.</summary>
    public const string PartInvalid = "PartInvalid";

    /// <summary>The system allows no file of the name that is to be written.</summary>
    public const string OutputNameInvalid = "OutputNameInvalid";

    /// <summary>There is no room for what is to be written.</summary>
    public const string OutputDiskFull = "OutputDiskFull";

    /// <summary>An address, a header or a token is none that can be used.</summary>
    public const string UriInvalid = "UriInvalid";

    /// <summary>A server cannot be reached, does not answer in time, or answers with an error of its own.</summary>
    public const string RemoteUnavailable = "RemoteUnavailable";

    /// <summary>A server answers with something else than was asked for.</summary>
    public const string RemoteAnswerInvalid = "RemoteAnswerInvalid";

    /// <summary>A server gives files as a whole alone.</summary>
    public const string RemoteRangesUnsupported = "RemoteRangesUnsupported";

    /// <summary>A server sends to a place that is not gone to.</summary>
    public const string RemoteRedirectRefused = "RemoteRedirectRefused";

    /// <summary>What is secret would be sent where everybody can read it.</summary>
    public const string RemoteUnencrypted = "RemoteUnencrypted";
}
