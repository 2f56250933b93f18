using System.Globalization;
using System.Runtime.InteropServices;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>
/// Lists what a state dict leaves out and a pickle holds nevertheless: tensors that are mere attributes of a module or of
/// another tensor, and those that are keys of a dict. It comes after the walk that names state dicts, goes breadth first so
/// that names are short, and looks at each node once, since attributes refer to each other in circles. A tensor whose
/// bytes are listed already is not listed again.
/// </summary>
internal sealed class AttributeWalker(TensorLister lister, TreeBudget budget)
{
    private const int MaxDepth = 512;

    private readonly Queue<(Place Place, PickleNode Node)> left = new();
    private readonly HashSet<PickleNode> seen = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<(string? Storage, long Start, string DType, long Count)> listed = [];
    private readonly Dictionary<string, int> keys = new(StringComparer.Ordinal);

    /// <summary>Notes something to be looked at later.</summary>
    /// <param name="owner">The key of what it belongs to; null for the root.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="node">The node.</param>
    public void Add(string? owner, string name, PickleNode node) =>
        left.Enqueue((new Place(owner is null ? null : new Place(null, owner), name), node));

    /// <summary>Notes the parts of something that has a key of its own.</summary>
    public void Add(string key, PickleNode node) => left.Enqueue((new Place(null, key), node));

    /// <summary>Lists all that was noted.</summary>
    /// <param name="tensors">Those that are listed, to which these are added.</param>
    /// <param name="otherStorages">Storages that are left out on purpose.</param>
    public void Run(TensorList tensors, IReadOnlySet<string> otherStorages)
    {
        if (left.Count == 0)
        {
            return;
        }

        foreach (var tensor in tensors)
        {
            keys.TryAdd(tensor.Key, 1);
            listed.UnionWith(tensor.GetParts().Where(part => part.StorageKey is not null).Select(WhereIs));
        }

        while (left.TryDequeue(out var item))
        {
            var node = PythonValues.WithoutTypeTag(item.Node);
            if (node is PickleScalar or PickleGlobal || !seen.Add(node))
            {
                continue;
            }

            // What is not looked at any more is told as storages that no tensor shows.
            if (!budget.TryCharge(1 + ((node as PickleObject)?.ArgumentCount / 16 ?? 0), 0))
            {
                return;
            }

            if (!TryAddTensor(tensors, otherStorages, item.Place, node) && item.Place.Depth < MaxDepth)
            {
                AddChildren(item.Place, node);
            }
        }
    }

    private bool TryAddTensor(TensorList tensors, IReadOnlySet<string> otherStorages, Place place, PickleNode node)
    {
        if (!lister.IsTensor(node))
        {
            return false;
        }

        foreach (var state in TensorStates.Of(node))
        {
            left.Enqueue((place, state));
        }

        var sound = lister.TryCreateSound(node);
        if (sound is null || !IsListed(sound, otherStorages))
        {
            string key = GetKey(place);
            if (budget.TryCharge(0, key.Length) && lister.TryCreate(key, node) is { } tensor)
            {
                tensors.Add(tensor with { IsAttribute = true });
                listed.UnionWith(tensor.GetParts().Where(part => part.StorageKey is not null).Select(WhereIs));
            }
        }

        return true;
    }

    /// <summary>A name that nothing else has.</summary>
    private string GetKey(Place place)
    {
        string key = place.GetKey();
        ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(keys, key, out bool isTaken);
        count++;
        if (!isTaken)
        {
            return key;
        }

        string numbered = string.Create(CultureInfo.InvariantCulture, $"{key}#{count}");
        keys.TryAdd(numbered, 1);
        return numbered;
    }

    /// <summary>Whether its bytes are listed, or it has none.</summary>
    private bool IsListed(TensorInfo tensor, IReadOnlySet<string> otherStorages) => tensor.GetParts().All(part =>
        part.Storage is null
        || (part.StorageKey is { } storage && (listed.Contains(WhereIs(part)) || otherStorages.Contains(storage))));

    /// <summary>Many objects may share one dict: whoever goes through it pays for all of it, before.</summary>
    private void AddChildren(Place place, PickleNode node)
    {
        if (PythonValues.AsDict(node) is { } dict)
        {
            if (budget.TryCharge(dict.Count, 0))
            {
                AddAll(place, DictKeys.HoldingTensors(dict, numbers: null));
                AddAll(place, DictKeys.Of(dict));
            }
        }
        else if (PythonValues.AsSequence(node) is { } items)
        {
            AddAll(place, budget.TryCharge(items.Count, 0) ? ObjectParts.Indexed(items) : []);
        }
        else if (node is PickleObject made)
        {
            AddAll(place, made.Callable is PickleObject ? [("callable", made.Callable)] : []);
            AddAll(place, PickledModule.TryCreate(made) is { } module ? PartsOf(module) : PartsOf(made));
        }
    }

    private IEnumerable<(string Name, PickleNode Node)> PartsOf(PickledModule module) => budget.TryCharge(module.StepCount, 0)
        ? module.GetChildren().Concat(module.GetTransientBuffers()).Concat(module.GetAttributes())
        : [];

    private IEnumerable<(string Name, PickleNode Node)> PartsOf(PickleObject made)
    {
        bool isPaid = true;
        var parts = ObjectParts.Of(made, steps => isPaid = budget.TryCharge(steps, 0));
        return isPaid ? parts ?? [] : [];
    }

    private void AddAll(Place place, IEnumerable<(string Name, PickleNode Node)> parts)
    {
        foreach (var (name, part) in parts)
        {
            if (part is not (PickleScalar or PickleGlobal))
            {
                left.Enqueue((new Place(place, name), part));
            }
        }
    }

    private static (string? Storage, long Start, string DType, long Count) WhereIs(TensorInfo tensor) =>
        (tensor.StorageKey, tensor.StorageStart, tensor.DType, tensor.ElementCount);

    /// <summary>A name and what it is a part of; most are never made into a key.</summary>
    private sealed record Place(Place? Owner, string Name)
    {
        public int Depth { get; } = Owner is null ? 0 : Owner.Depth + 1;

        public string GetKey()
        {
            var names = new Stack<string>();
            for (var place = this; place is not null; place = place.Owner)
            {
                names.Push(place.Name);
            }

            return string.Join('.', names);
        }
    }
}
