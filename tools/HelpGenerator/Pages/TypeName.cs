using System.Collections.Frozen;

namespace LowMem.HelpGenerator.Pages;

/// <summary>The names of types as a person types them.</summary>
internal static class TypeName
{
    private static readonly FrozenDictionary<string, string> Accelerators = new Dictionary<string, string>
    {
        ["System.Boolean"] = "bool",
        ["System.Byte"] = "byte",
        ["System.Collections.Hashtable"] = "hashtable",
        ["System.Double"] = "double",
        ["System.Int32"] = "int",
        ["System.Int64"] = "long",
        ["System.Management.Automation.PSObject"] = "psobject",
        ["System.Management.Automation.ScriptBlock"] = "scriptblock",
        ["System.Management.Automation.SwitchParameter"] = "switch",
        ["System.Object"] = "Object",
        ["System.Single"] = "float",
        ["System.String"] = "string",
    }.ToFrozenDictionary();

    /// <summary>PowerShell's own short name, or the name without namespace and outer types.</summary>
    public static string Shorten(string type)
    {
        var brackets = type.IndexOf('[', StringComparison.Ordinal);
        var name = brackets < 0 ? type : type[..brackets];
        var shortName = Accelerators.GetValueOrDefault(name) ?? name[(name.LastIndexOfAny(['.', '+']) + 1)..];
        return brackets < 0 ? shortName : shortName + type[brackets..];
    }
}
