using System.Collections;
using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons;

/// <summary>Makes one module of modules in dictionaries and lists.</summary>
internal sealed class ModuleAssembler(Func<object?, object?>? unwrap)
{
    // Written by hand, so far below this; a dictionary that holds itself ends here.
    private const int MaximumDepth = 100;

    public nn.Module Assemble(object? value) => Assemble(value, path: string.Empty, depth: 0);

    private nn.Module Assemble(object? value, string path, int depth)
    {
        if (depth > MaximumDepth)
        {
            throw Invalid(path, $"is nested more than {MaximumDepth} levels deep");
        }

        switch (unwrap is null ? value : unwrap(value))
        {
            case nn.Module module:
                return module;

            case Hashtable { Count: > 1 }:
                throw Invalid(path, "is a hashtable, whose entries have no order. Write [ordered]@{ ... }");

            case IDictionary dictionary:
                return Contain(
                    dictionary.Cast<DictionaryEntry>().Select(entry => (Name: GetName(entry.Key, path), entry.Value)), path, depth);

            case string text:
                throw Invalid(path, $"is the text '{text}', not a module");

            case IEnumerable list:
                return Contain(
                    list.Cast<object?>().Select((item, index) => (Name: $"{index}", Value: item)), path, depth);

            case null:
                throw Invalid(path, "is nothing. Let the script return a module, a list or an ordered dictionary of modules");

            case var other:
                throw Invalid(path, $"is a {other.GetType().Name}, not a module, a list or a dictionary of modules");
        }
    }

    private ModuleContainer Contain(IEnumerable<(string Name, object? Value)> children, string path, int depth)
    {
        var container = new ModuleContainer();
        foreach (var (name, value) in children)
        {
            container.Add(name, Assemble(value, Modules.ModuleTree.Join(path, name), depth + 1));
        }

        return container;
    }

    private string GetName(object key, string path) =>
        (unwrap is null ? key : unwrap(key)) switch
        {
            string name => name,
            int number => $"{number}",
            var other => throw Invalid(path, $"has the key '{other}' of type {other?.GetType().Name}; names are text"),
        };

    private static ModelException Invalid(string path, string problem) => new(
        ModelErrorIds.SkeletonInvalid,
        path.Length == 0 ? $"What was returned {problem}." : $"The entry '{path}' of what was returned {problem}.");
}
