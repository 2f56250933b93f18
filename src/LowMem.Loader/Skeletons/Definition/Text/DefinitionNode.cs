namespace LowMem.Loader.Skeletons.Definition.Text;

/// <summary>One entry of a definition: a module, a run of equal modules, or a parameter of a list of parameters.</summary>
internal sealed class DefinitionNode
{
    /// <summary>The name inside the parent: of the first one, when <see cref="Count"/> is more than one.</summary>
    public required string Name { get; init; }

    /// <summary>The class as it is printed, such as <c>Linear</c> or <c>lora.Linear</c>.</summary>
    public required string ClassName { get; init; }

    /// <summary>Where the class name begins.</summary>
    public required int Position { get; init; }

    /// <summary>How many modules it stands for: <c>(0-11): 12 x Block(...)</c> is twelve, named 0 to 11.</summary>
    public int Count { get; init; } = 1;

    /// <summary>The text between the parentheses that is not children; empty when there is none.</summary>
    public string Arguments { get; set; } = string.Empty;

    /// <summary>Where <see cref="Arguments"/> begins.</summary>
    public int ArgumentsPosition { get; set; }

    /// <summary>The modules inside, in order.</summary>
    public List<DefinitionNode> Children { get; } = [];

    /// <summary>True for an entry of a ParameterList or ParameterDict: <see cref="Arguments"/> is its type and size.</summary>
    public bool IsParameter { get; init; }

    /// <summary>The class without the Python module it is printed with: <c>Linear</c> of <c>lora.Linear</c>.</summary>
    public string ShortName => ClassName[(ClassName.LastIndexOf('.') + 1)..];

    /// <summary>The names of all it stands for.</summary>
    public IEnumerable<string> Names =>
        Count == 1 ? [Name] : Enumerable.Range(int.Parse(Name, System.Globalization.CultureInfo.InvariantCulture), Count).Select(i => $"{i}");
}
