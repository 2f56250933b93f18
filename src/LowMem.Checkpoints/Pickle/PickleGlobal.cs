namespace LowMem.Checkpoints.Pickle;

/// <summary>A name that Python would import. Here it stays a name.</summary>
/// <param name="module">The module, as the pickle has it.</param>
/// <param name="name">The name in the module, as the pickle has it.</param>
/// <param name="isPython2">Whether Python takes it for a name of Python 2: below protocol 3.</param>
internal sealed class PickleGlobal(string module, string name, bool isPython2 = true) : PickleNode
{
    /// <summary>Stands for a module or name that the pickle computes, so that it cannot be told without running it.</summary>
    public const string Computed = "<computed>";

    /// <summary>Begins the name of an object that is looked up by number in the running program's extension registry.</summary>
    public const string ExtensionPrefix = "copyreg.extension_";

    public string Module { get; } = module;

    public string Name { get; } = name;

    /// <summary>Module and name of what Python would get: names of Python 2 in their form of Python 3.</summary>
    public string FullName { get; } = isPython2 ? PythonModules.FullNameOf(module, name) : module + "." + name;

    /// <summary>Where the opcode that names it first is, from the start of the pickle; -1 when that is not known.</summary>
    public long Position { get; init; } = -1;

    /// <summary>Whether the pickle sets items or attributes on what it imports, which changes the running program.</summary>
    public bool IsWrittenTo { get; set; }

    /// <summary>Whether a full name stands in the file, rather than being computed or looked up by number.</summary>
    public static bool IsName(string fullName) =>
        !fullName.StartsWith(ExtensionPrefix, StringComparison.Ordinal) && !fullName.Contains(Computed, StringComparison.Ordinal);
}
