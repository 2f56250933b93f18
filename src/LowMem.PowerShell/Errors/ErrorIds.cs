using LowMem.Checkpoints.Diagnostics;

namespace LowMem.PowerShell.Errors;

/// <summary>The fixed ids of errors that only cmdlets have. Scripts depend on them: they never change.</summary>
public static class ErrorIds
{
    /// <summary>The path is not one of the file system.</summary>
    public const string PathNotFileSystem = "PathNotFileSystem";

    /// <summary>A pattern makes no sense, such as one with a bracket that is not closed.</summary>
    public const string WildcardInvalid = "WildcardInvalid";

    /// <summary>A checkpoint that was to pass did not, or there was none.</summary>
    public const string NotPassed = "CheckpointNotPassed";

    /// <summary>The checkpoint has no tensor of that key.</summary>
    public const string KeyNotFound = "CheckpointKeyNotFound";

    /// <summary>The module has no parameter or buffer of that key.</summary>
    public const string ParameterNotFound = "ModuleParameterNotFound";

    /// <summary>There is a file already where one is to be written.</summary>
    public const string OutputExists = CheckpointErrorIds.OutputExists;

    /// <summary>What is to be written would take the place of what is read.</summary>
    public const string OutputIsInput = CheckpointErrorIds.OutputIsInput;

    /// <summary>The extension of the output says nothing of its format.</summary>
    public const string OutputFormatUnknown = CheckpointErrorIds.OutputFormatUnknown;

    /// <summary>What came down the pipeline is no verdict.</summary>
    public const string NoVerdict = "NoVerdict";

    /// <summary>A parameter was given without another that it needs.</summary>
    public const string ParameterMissing = "ParameterMissing";

    /// <summary>Two parameters were given that contradict each other.</summary>
    public const string ParametersExclusive = "ParametersExclusive";

    /// <summary>Several checkpoints were named where one is compared with.</summary>
    public const string ReferenceAmbiguous = "ReferenceAmbiguous";

    /// <summary>A checkpoint that is a drive is not changed.</summary>
    public const string ReadOnly = "CheckpointReadOnly";

    /// <summary>A drive has nothing at the path.</summary>
    public const string ItemNotFound = "CheckpointItemNotFound";

    /// <summary>A module of a drive has no values of its own.</summary>
    public const string NoContent = "CheckpointItemNoContent";

    /// <summary>An item of a drive has no property of that name.</summary>
    public const string PropertyNotFound = "CheckpointPropertyNotFound";
}
