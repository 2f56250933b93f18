namespace LowMem.Loader.Native;

/// <summary>Where libtorch is put when it does not come with the module: a folder for each version of TorchSharp and each platform.</summary>
public static class RuntimeFolder
{
    /// <summary>The version of TorchSharp that this library is built with, and that the folder's name has.</summary>
    public const string TorchSharpVersion = "0.107.0";

    /// <summary>The .NET name of the platform that this process runs on, such as <c>linux-x64</c>.</summary>
    public static string CurrentRid => NativePlatform.CurrentRid;

    /// <summary>The folder of the user who runs this process; null where that user has no folder for data.</summary>
    /// <param name="rid">The .NET name of the platform, such as <c>linux-x64</c>.</param>
    public static string? OfUser(string rid)
    {
        string data = Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return data.Length == 0 ? null : Path.Combine(data, "LowMem", "runtimes", $"torchsharp-{TorchSharpVersion}", rid);
    }

    /// <summary>The folder for all users of this installation of the library; null in a single-file application.</summary>
    /// <param name="rid">The .NET name of the platform.</param>
    public static string? OfAllUsers(string rid) =>
        OfAssembly() is { } directory ? Path.Combine(directory, "runtimes", rid, "native") : null;

    /// <summary>The folders that are searched for libtorch, the first that has it wins: beside the library, below it, the user's.</summary>
    /// <param name="rid">The .NET name of the platform.</param>
    internal static string[] GetAll(string rid)
    {
        // A single-file application has no location; its natives are in its base directory.
        string directory = OfAssembly() ?? AppContext.BaseDirectory;
        string[] shipped = [directory, Path.Combine(directory, "runtimes", rid, "native")];
        return OfUser(rid) is { } user ? [.. shipped, user] : shipped;
    }

    /// <summary>The first folder with all of libtorch; null when there is none.</summary>
    /// <param name="rid">The .NET name of the platform.</param>
    public static string? Find(string rid) =>
        NativePlatform.Find(rid) is { } platform ? Array.Find(GetAll(rid), platform.IsComplete) : null;

    private static string? OfAssembly()
    {
        string location = typeof(RuntimeFolder).Assembly.Location;
        return location.Length > 0 ? Path.GetDirectoryName(location) : null;
    }
}
