using System.Reflection;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons;

/// <summary>Finds module types in assemblies.</summary>
internal static class ModuleTypes
{
    private const int MaximumSuggestions = 5;

    /// <summary>Loads an assembly and finds a module type in it, by full name or by the name alone.</summary>
    /// <exception cref="ModelException">The assembly or the type is not there, or cannot be used.</exception>
    public static Type Find(string assemblyPath, string typeName)
    {
        var path = Path.GetFullPath(assemblyPath);
        var assembly = Load(path);
        var type = assembly.GetType(typeName, throwOnError: false, ignoreCase: false)
            ?? FindByShortName(assembly, path, typeName);

        if (!typeof(nn.Module).IsAssignableFrom(type))
        {
            throw Invalid(path, InheritsForeignModule(type)
                ? $"the type '{type.FullName}' is a module of another TorchSharp than the one in use "
                    + $"({typeof(nn.Module).Assembly.GetName().Version}). Build it against that one."
                : $"the type '{type.FullName}' is not a TorchSharp module: it does not derive from torch.nn.Module.");
        }

        if (type.IsAbstract || type.ContainsGenericParameters)
        {
            throw Invalid(path, $"the type '{type.FullName}' is {(type.IsAbstract ? "abstract" : "generic")} and cannot be created.");
        }

        return type;
    }

    private static Assembly Load(string path)
    {
        if (!File.Exists(path))
        {
            throw Invalid(path, "there is no such file.");
        }

        RegularFile.Check(path);
        try
        {
            return Assembly.LoadFrom(path);
        }
        catch (Exception exception) when (exception is BadImageFormatException or FileLoadException or IOException)
        {
            throw Invalid(path, $"this is not a .NET assembly that can be loaded here: {exception.Message}", exception);
        }
    }

    private static Type FindByShortName(Assembly assembly, string path, string typeName)
    {
        var types = GetTypes(assembly);
        var matches = types.Where(type => type.Name == typeName || type.FullName == typeName).ToArray();
        if (matches.Length == 0)
        {
            matches = [.. types.Where(type =>
                string.Equals(type.Name, typeName, StringComparison.OrdinalIgnoreCase)
                || string.Equals(type.FullName, typeName, StringComparison.OrdinalIgnoreCase))];
        }

        if (matches.Length > 1)
        {
            throw Invalid(
                path,
                $"'{typeName}' names several types: {string.Join(", ", matches.Select(type => type.FullName))}. Give the full name.");
        }

        return matches.Length == 1 ? matches[0] : throw Invalid(path, DescribeMissing(types, typeName));
    }

    private static string DescribeMissing(Type[] types, string typeName)
    {
        var near = types
            .Where(type => typeof(nn.Module).IsAssignableFrom(type) && !type.IsAbstract)
            .OrderBy(type => Math.Min(EditDistance.Between(type.Name, typeName), EditDistance.Between(type.FullName!, typeName)))
            .Take(MaximumSuggestions)
            .Select(type => type.FullName)
            .ToArray();
        return near.Length == 0
            ? $"there is no type '{typeName}', and no module type at all."
            : $"there is no type '{typeName}'. Module types there with names near it: {string.Join(", ", near)}.";
    }

    private static Type[] GetTypes(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException exception)
        {
            // Types whose own references are missing are left out; the others can be used.
            return [.. exception.Types.OfType<Type>()];
        }
    }

    private static bool InheritsForeignModule(Type type)
    {
        for (var ancestor = type.BaseType; ancestor is not null; ancestor = ancestor.BaseType)
        {
            if (ancestor.FullName == typeof(nn.Module).FullName)
            {
                return true;
            }
        }

        return false;
    }

    private static ModelException Invalid(string path, string problem, Exception? cause = null) =>
        new(ModelErrorIds.SkeletonInvalid, $"{path}: {problem}", cause);
}
