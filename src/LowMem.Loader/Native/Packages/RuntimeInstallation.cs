namespace LowMem.Loader.Native.Packages;

/// <summary>A libtorch that modules are loaded with.</summary>
/// <param name="RuntimeIdentifier">The .NET name of the platform that it is for.</param>
/// <param name="TorchSharpVersion">The version of TorchSharp that it is for.</param>
/// <param name="LibtorchVersion">Its own version.</param>
/// <param name="Path">The folder.</param>
/// <param name="ByteLength">The bytes of all files of it, or of the libraries where it is beside other things.</param>
/// <param name="Source">The source that it was got from now; null when it was there already.</param>
public sealed record RuntimeInstallation(
    string RuntimeIdentifier, string TorchSharpVersion, string LibtorchVersion, string Path, long ByteLength, string? Source);
