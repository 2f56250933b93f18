namespace LowMem.Loader;

/// <summary>The fixed ids of errors about modules and libtorch. Scripts depend on them: they never change.</summary>
public static class ModelErrorIds
{
    /// <summary>Keys, shapes or dtypes of the checkpoint and the module do not fit.</summary>
    public const string Mismatch = "ModelMismatch";

    /// <summary>The options of a load contradict each other, or name something that is not there.</summary>
    public const string ImportOptionsInvalid = "ImportOptionsInvalid";

    /// <summary>libtorch, or a library it needs, is not there or cannot be loaded.</summary>
    public const string NativeLibraryNotFound = "NativeLibraryNotFound";

    /// <summary>libtorch loaded, but does not behave as this version of LowMem relies on.</summary>
    public const string NativeLibraryIncompatible = "NativeLibraryIncompatible";

    /// <summary>A module could not be built from what was given.</summary>
    public const string SkeletonInvalid = "SkeletonInvalid";

    /// <summary>The module cannot be worked on: it contains itself, or a tensor of it has been disposed.</summary>
    public const string ModuleInvalid = "ModuleInvalid";

    /// <summary>The module cannot run: tensors of it are on meta, without values.</summary>
    public const string ValuesMissing = "ModuleValuesMissing";

    /// <summary>The module, or a parameter of it, is of a kind that is not handled here.</summary>
    public const string ModuleUnsupported = "ModuleUnsupported";

    /// <summary>The device that was asked for is not there, or is none.</summary>
    public const string DeviceUnavailable = "DeviceUnavailable";

    /// <summary>The memory that a tensor needs is not there.</summary>
    public const string OutOfMemory = "OutOfMemory";

    /// <summary>No source has a package that libtorch comes in, or none could be asked.</summary>
    public const string RuntimePackageNotFound = "RuntimePackageNotFound";

    /// <summary>A package that libtorch comes in is not, bit for bit, the one that is expected.</summary>
    public const string RuntimePackageInvalid = "RuntimePackageInvalid";

    /// <summary>libtorch could not be put where it is to be: no right to write there, a full disk, or files in use.</summary>
    public const string RuntimeNotWritten = "RuntimeNotWritten";
}
