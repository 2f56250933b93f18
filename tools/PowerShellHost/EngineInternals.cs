using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace LowMem.PowerShellHost;

/// <summary>
/// The few members of the engine that pwsh itself uses and that are not public. The package version is pinned; should
/// a later one lack a member, the host stops at its first use and names it.
/// </summary>
internal static class EngineInternals
{
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    /// <summary>
    /// Makes <c>exit N</c> in a script file end the whole run with N, as it does under <c>pwsh -File</c>, instead of
    /// only returning from that script to an interactive prompt.
    /// </summary>
    public static void LetExitEndTheRun(Runspace runspace)
    {
        object context = Property(runspace.GetType(), "ExecutionContext").GetValue(runspace)!;
        Property(context.GetType(), "ScriptCommandProcessorShouldRethrowExit").SetValue(context, true);
    }

    /// <summary>Makes Out-Default write a record as an error, not as an object that happens to be one.</summary>
    public static void MarkAsErrorOutput(PSObject record)
    {
        PropertyInfo property = Property(typeof(PSObject), "WriteStream");
        property.SetValue(record, Enum.Parse(property.PropertyType, "Error"));
    }

    /// <summary>
    /// Gives a public front end of the formatting engine (<c>OuterFormatTableBase</c>...) the shape it is to produce.
    /// Format-Table and Format-List of the Utility module are exactly these two lines.
    /// </summary>
    /// <param name="frontEnd">The cmdlet.</param>
    /// <param name="shape">A member of the engine's FormatShape: Table or List.</param>
    public static void SetFormatShape(object frontEnd, string shape)
    {
        Type formatShape = EngineType("Microsoft.PowerShell.Commands.Internal.Format.FormatShape");
        Type inner = EngineType("Microsoft.PowerShell.Commands.Internal.Format.InnerFormatShapeCommand");
        object implementation = Activator.CreateInstance(inner, Instance, null, [Enum.Parse(formatShape, shape)], null)!;
        FieldInfo field = frontEnd.GetType().BaseType is { } type ? FindField(type, "implementation")
            : throw Missing(frontEnd.GetType().Name, "implementation");
        field.SetValue(frontEnd, implementation);
    }

    private static PropertyInfo Property(Type type, string name) =>
        type.GetProperty(name, Instance) ?? throw Missing(type.Name, name);

    private static FieldInfo FindField(Type type, string name)
    {
        for (Type? current = type; current is not null; current = current.BaseType)
        {
            if (current.GetField(name, Instance | BindingFlags.DeclaredOnly) is { } field)
            {
                return field;
            }
        }

        throw Missing(type.Name, name);
    }

    private static Type EngineType(string name) =>
        typeof(Runspace).Assembly.GetType(name) ?? throw Missing("System.Management.Automation", name);

    private static MissingMemberException Missing(string owner, string member) =>
        new($"{owner} of System.Management.Automation {typeof(Runspace).Assembly.GetName().Version} has no '{member}'; "
            + "tools/PowerShellHost/EngineInternals.cs must be adapted to this version of the package.");
}
