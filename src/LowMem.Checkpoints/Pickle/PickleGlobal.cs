namespace LowMem.Checkpoints.Pickle;

/// <summary>A name that Python would import. Here it stays a name.</summary>
internal sealed class PickleGlobal(string module, string name) : PickleNode
{
    public string Module { get; } = module;

    public string Name { get; } = name;

    /// <summary>Module and name with Python-2 module names put in their Python-3 form.</summary>
    public string FullName { get; } = PythonModules.Modernize(module) + "." + name;
}
