using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Skeletons.Layers;
using static TorchSharp.torch;

namespace LowMem.Loader.Initialization;

/// <summary>Finds the rule for each tensor of a module: what kind of layer it belongs to, and where that stands.</summary>
internal sealed class ModuleRules
{
    private readonly Dictionary<string, long[]> shapes;
    private readonly List<string> transformers = [];

    /// <summary>Looks through a module.</summary>
    /// <param name="root">The module.</param>
    /// <param name="entries">All of its tensors.</param>
    public ModuleRules(nn.Module root, IReadOnlyList<ModuleParameter> entries)
    {
        shapes = entries.ToDictionary(entry => entry.Key, entry => entry.Shape, StringComparer.Ordinal);
        foreach (var (path, module) in ModuleTree.Walk(root))
        {
            if (IsTransformer(module))
            {
                transformers.Add(path.Length == 0 ? path : $"{path}.");
            }
        }
    }

    /// <summary>The rule for a tensor, or null when nobody knows what it starts with.</summary>
    public InitialValue? Find(ModuleParameter entry)
    {
        // PyTorch's Transformer goes over all matrices once more when its parts are made.
        if (entry is { IsBuffer: false, Shape.Length: > 1 } && transformers.Exists(path => entry.Key.StartsWith(path, StringComparison.Ordinal)))
        {
            return LayerRules.XavierUniform(entry.Shape);
        }

        if (entry.GetModule() is RMSNorm { InitialWeight: var weight } && entry.Name == "weight")
        {
            return new InitialValue.Constant(weight);
        }

        var (layer, name, className) = Locate(entry);
        if (name == "bias" && IsAttentionProjection(layer))
        {
            return new InitialValue.Constant(0);
        }

        var rule = LayerRules.Find(className, name, entry.Shape, other => shapes.GetValueOrDefault(ModuleTree.Join(layer, other)));
        return rule is InitialValue.Normal { Deviation: 1 } normal ? normal with { ZeroRow = PaddingRows.Find(entry.GetModule()) } : rule;
    }

    // TorchSharp shows a tree of C++ modules as one: the names inside it have dots, and say what they belong to.
    private static (string Layer, string Name, string ClassName) Locate(ModuleParameter entry)
    {
        var className = GetClassName(entry.GetModule());
        var dot = entry.Name.LastIndexOf('.');
        if (dot < 0 || className == "MultiheadAttention")
        {
            return (entry.ModulePath, entry.Name, className);
        }

        var part = entry.Name[..dot];
        var last = part[(part.LastIndexOf('.') + 1)..];
        var layer = ModuleTree.Join(entry.ModulePath, part);
        var name = entry.Name[(dot + 1)..];
        return last switch
        {
            "self_attn" or "multihead_attn" => (layer, name, "MultiheadAttention"),
            "linear1" or "linear2" or "out_proj" => (layer, name, "Linear"),
            _ when last.StartsWith("norm", StringComparison.Ordinal) => (layer, name, "LayerNorm"),
            _ => (layer, name, string.Empty),
        };
    }

    private bool IsAttentionProjection(string layer)
    {
        const string projection = "out_proj";
        if (layer != projection && !layer.EndsWith($".{projection}", StringComparison.Ordinal))
        {
            return false;
        }

        var attention = layer[..^projection.Length];
        return shapes.ContainsKey($"{attention}in_proj_weight") || shapes.ContainsKey($"{attention}q_proj_weight");
    }

    // The class of a model's own that derives from a layer is a layer; a container goes by the class that was printed.
    private static string GetClassName(nn.Module module)
    {
        if (module is ModuleContainer)
        {
            var name = module.GetName();
            return name[(name.LastIndexOf('.') + 1)..];
        }

        if (module is UnevenConvTranspose)
        {
            return module.GetName();
        }

        var type = module.GetType();
        while (type.Assembly != typeof(nn.Module).Assembly && type.Assembly != typeof(ModuleRules).Assembly && type.BaseType is { } ancestor)
        {
            type = ancestor;
        }

        return type.Name;
    }

    private static bool IsTransformer(nn.Module module) => module switch
    {
        TorchSharp.Modules.Transformer => true,
        ModuleContainer container => container.GetName() == "Transformer"
            && container.FindChild("encoder")?.GetName() == "TransformerEncoder"
            && container.FindChild("decoder")?.GetName() == "TransformerDecoder",
        _ => false,
    };
}
