using System.Collections;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace LowMem.PowerShell.Completion;

/// <summary>
/// Completes -TypeName with the modules of the assembly that -AssemblyPath names. Its metadata is read, and nothing of it is loaded: no
/// code runs because somebody presses a key.
/// </summary>
public sealed class ModuleTypeCompleter : NameCompleter
{
    /// <summary>A larger assembly has no model that somebody wrote; its metadata is read whole.</summary>
    private const long MostBytes = 256 << 20;

    private const int MostBases = 64;

    /// <inheritdoc/>
    protected override bool TakesWildcards => false;

    /// <inheritdoc/>
    protected override IEnumerable<string> GetNames(IDictionary parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        string[] names = [.. NamedCheckpoints.FindFiles(parameters["AssemblyPath"]?.ToString() ?? string.Empty).SelectMany(ReadModules)];
        var shortNames = names.GroupBy(name => name[(name.LastIndexOfAny(['.', '+']) + 1)..], StringComparer.Ordinal);

        // By its name alone where that is enough, and in full.
        return shortNames.Where(group => group.Count() == 1).Select(group => group.Key).Concat(names);
    }

    private static IReadOnlyList<string> ReadModules(string path)
    {
        try
        {
            if (new FileInfo(path) is not { Exists: true, Length: <= MostBytes })
            {
                return [];
            }

            using var reader = new PEReader(File.OpenRead(path));
            if (!reader.HasMetadata)
            {
                return [];
            }

            var metadata = reader.GetMetadataReader();
            return [.. metadata.TypeDefinitions.Where(handle => IsModule(metadata, handle)).Select(handle => GetName(metadata, handle))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or BadImageFormatException or InvalidOperationException)
        {
            return [];
        }
    }

    private static bool IsModule(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var definition = metadata.GetTypeDefinition(handle);
        if ((definition.Attributes & (System.Reflection.TypeAttributes.Abstract | System.Reflection.TypeAttributes.Interface)) != 0
            || definition.GetGenericParameters().Count > 0)
        {
            return false;
        }

        // A file may say that a type is its own base.
        EntityHandle type = handle;
        for (int i = 0; i < MostBases && !type.IsNil; i++)
        {
            switch (type.Kind)
            {
                case HandleKind.TypeDefinition when IsTorchModule(metadata, metadata.GetTypeDefinition((TypeDefinitionHandle)type)):
                    return true;
                case HandleKind.TypeDefinition:
                    type = metadata.GetTypeDefinition((TypeDefinitionHandle)type).BaseType;
                    break;
                case HandleKind.TypeSpecification:
                    type = GetGenericType(metadata, (TypeSpecificationHandle)type);
                    break;
                case HandleKind.TypeReference:
                    return IsModule(metadata, metadata.GetTypeReference((TypeReferenceHandle)type));
                default:
                    return false;
            }
        }

        return false;
    }

    // torch.nn.Module and its generic forms, or a layer of TorchSharp that somebody derives from.
    private static bool IsModule(MetadataReader metadata, TypeReference type) =>
        metadata.GetString(type.Namespace) == "TorchSharp.Modules"
        || (metadata.GetString(type.Name).Split('`')[0] is "Module" or "HookableModule"
            && type.ResolutionScope.Kind == HandleKind.TypeReference
            && metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)type.ResolutionScope).Name) == "nn");

    // TorchSharp's own.
    private static bool IsTorchModule(MetadataReader metadata, TypeDefinition type) =>
        metadata.GetString(type.Name) == "Module"
        && type.GetDeclaringType() is { IsNil: false } outer
        && metadata.GetString(metadata.GetTypeDefinition(outer).Name) == "nn";

    private static EntityHandle GetGenericType(MetadataReader metadata, TypeSpecificationHandle handle)
    {
        var signature = metadata.GetBlobReader(metadata.GetTypeSpecification(handle).Signature);
        if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
        {
            return default;
        }

        signature.ReadByte();
        return signature.ReadTypeHandle();
    }

    private static string GetName(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var definition = metadata.GetTypeDefinition(handle);
        string name = metadata.GetString(definition.Name);
        string space = metadata.GetString(definition.Namespace);
        for (int i = 0; i < MostBases && definition.GetDeclaringType() is { IsNil: false } outer; i++)
        {
            definition = metadata.GetTypeDefinition(outer);
            name = $"{metadata.GetString(definition.Name)}+{name}";
            space = metadata.GetString(definition.Namespace);
        }

        return space.Length == 0 ? name : $"{space}.{name}";
    }
}
