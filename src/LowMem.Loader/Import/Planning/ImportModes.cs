using LowMem.Loader.Import.Binding;

namespace LowMem.Loader.Import.Planning;

/// <summary>The names of the ways to load, as they stand in <see cref="LoadReport.Mode"/>.</summary>
public static class ImportModes
{
    /// <summary>The values stay in the file, which is mapped.</summary>
    public const string Mapped = "Mapped";

    /// <summary>The values are copied into memory.</summary>
    public const string Resident = "Resident";
}
