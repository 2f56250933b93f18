using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>
/// Walks the tree of a pickle and names what it finds: tensors and other leaves, with the keys of nested containers
/// joined by dots. Does not recurse; shared containers are walked again under each name, cycles are not followed, and
/// the whole is bounded by the size of the pickle. What a state dict would leave out comes last, by the
/// <see cref="AttributeWalker"/>.
/// </summary>
internal sealed class ObjectTreeWalker
{
    /// <summary>The name of a root that is itself a tensor or a value.</summary>
    public const string RootKey = "(root)";

    private const int MaxDepth = 512;

    /// <summary>More than any function takes that makes a tensor.</summary>
    private const int UsualArguments = 16;

    private readonly RandomAccessSource file;
    private readonly TensorLister lister;
    private readonly OrdinaryTensors ordinaryTensors;
    private readonly TreeBudget budget;
    private readonly AttributeWalker attributes;
    private readonly HashSet<PickleNode> onPath = new(ReferenceEqualityComparer.Instance);
    private readonly Stack<Frame> frames = new();
    private readonly HashSet<string> described = new(StringComparer.Ordinal);
    private readonly TransientBuffers transient;

    /// <summary>Of the state of an optimizer, the numbers of the parameters that are its keys.</summary>
    private readonly Dictionary<PickleNode, Dictionary<PickleNode, int>> parameterNumbers = new(ReferenceEqualityComparer.Instance);

    private ObjectTreeWalker(
        RandomAccessSource file, TensorInfoFactory factory, PickleResult pickle, bool takesArrays, CancellationToken cancellationToken)
    {
        this.file = file;
        lister = new TensorLister(factory, takesArrays);
        ordinaryTensors = new OrdinaryTensors(factory);
        budget = new TreeBudget(file, pickle, cancellationToken);
        attributes = new AttributeWalker(lister, budget);
        transient = new TransientBuffers(lister);
    }

    public TensorList Tensors { get; } = [];

    public OrderedDictionary<string, object?> Values { get; } = [];

    /// <summary>The keys of the values that are no texts but what is said of an object.</summary>
    public IReadOnlySet<string> DescribedKeys => described;

    public IEnumerable<CheckpointFinding> Findings => lister.Findings.Concat(transient.GetFindings());

    /// <summary>The storages of buffers that are no part of a module's state dict: no tensor here has to show them.</summary>
    public IReadOnlySet<string> OtherStorages => transient.Storages;

    /// <param name="file">The file, for errors.</param>
    /// <param name="factory">Makes the tensors.</param>
    /// <param name="pickle">The tree.</param>
    /// <param name="cancellationToken">Ends the walk early.</param>
    /// <param name="rootKey">What the root goes by; its parts come behind a dot. Null for nothing.</param>
    /// <param name="takesArrays">Whether arrays of numpy are tensors; else they are values.</param>
    public static ObjectTreeWalker Walk(
        RandomAccessSource file,
        TensorInfoFactory factory,
        PickleResult pickle,
        CancellationToken cancellationToken,
        string? rootKey = null,
        bool takesArrays = false)
    {
        var walker = new ObjectTreeWalker(file, factory, pickle, takesArrays, cancellationToken);
        walker.Run(rootKey, pickle.Root);
        walker.attributes.Run(walker.Tensors, walker.OtherStorages);
        return walker;
    }

    private void Run(string? rootKey, PickleNode root)
    {
        Visit(rootKey, root);
        while (frames.TryPeek(out var frame))
        {
            if (frame.Children.MoveNext())
            {
                var (name, node) = frame.Children.Current;
                Visit(frame.Prefix is null ? name : $"{frame.Prefix}.{name}", node);
            }
            else
            {
                frames.Pop();
                onPath.Remove(frame.Node);
            }
        }
    }

    private void Visit(string? key, PickleNode node)
    {
        budget.Charge(1, key?.Length ?? 0);
        if (node is OrdinaryTensorCall ordinary && ordinaryTensors.TryAdd(Tensors, key ?? RootKey, ordinary))
        {
            return;
        }

        node = PythonValues.WithoutTypeTag(node);
        if (node is PickleObject made)
        {
            // What looks at an object looks at its arguments, which many objects may share; [tensor] * 1000 is no attack.
            budget.Charge(Math.Max(0, made.ArgumentCount - UsualArguments), 0);
        }

        if (TryAddTensor(key, node))
        {
            return;
        }

        if (NaturalValues.TryConvert(node, out var value))
        {
            if (node is PickleObject)
            {
                budget.Charge(0, SizeOf(value));
            }

            AddValue(key, value);
        }
        else if (Children(key, node) is { } children)
        {
            Descend(key, node, children);
        }
        else
        {
            AddDescription(key, PythonText.Describe(node));
        }
    }

    /// <summary>What a value that was made for one object takes; texts and bytes that stand in the pickle are shared.</summary>
    private static int SizeOf(object? value) => value switch
    {
        string text => text.Length,
        byte[] bytes => bytes.Length,
        Array items => 8 * items.Length,
        _ => 0,
    };

    private bool TryAddTensor(string? key, PickleNode node)
    {
        string name = key ?? RootKey;
        if (lister.TryCreate(name, node) is not { } tensor)
        {
            return false;
        }

        // Many names may stand for one tensor of many parts.
        budget.Charge(tensor.Components.Count == 0 ? 0 : tensor.GetParts().Count(), 0);
        Tensors.Add(tensor);
        if (node is OrdinaryTensorCall ordinary)
        {
            ordinaryTensors.Remember(ordinary, tensor);
        }

        foreach (var state in TensorStates.Of(node))
        {
            attributes.Add(name, state);
        }

        return true;
    }

    private void AddValue(string? key, object? value)
    {
        Values[key ?? RootKey] = value;
        described.Remove(key ?? RootKey);
    }

    private void AddDescription(string? key, string text)
    {
        Values[key ?? RootKey] = text;
        described.Add(key ?? RootKey);
    }

    private void Descend(string? key, PickleNode node, IEnumerable<(string Name, PickleNode Node)> children)
    {
        if (!onPath.Add(node))
        {
            return;
        }

        if (frames.Count == MaxDepth)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, file.Name, $"the pickle nests its containers deeper than {MaxDepth}.");
        }

        frames.Push(new Frame(key, node, children.GetEnumerator()));
    }

    /// <summary>The named parts of a container, or null when the node is none. An empty one leaves no trace.</summary>
    private IEnumerable<(string Name, PickleNode Node)>? Children(string? key, PickleNode node)
    {
        if (PythonValues.AsDict(node) is { } dict)
        {
            var numbers = parameterNumbers.GetValueOrDefault(node);
            foreach (var (name, named) in DictKeys.HoldingTensors(dict, numbers))
            {
                budget.Charge(1, 0);
                attributes.Add(key, name, named);
            }

            return DictKeys.Of(dict, numbers);
        }

        if (PythonValues.AsSequence(node) is { } items)
        {
            return ObjectParts.Indexed(items);
        }

        return node is PickleObject made ? ObjectChildren(key, made) : null;
    }

    private IEnumerable<(string Name, PickleNode Node)>? ObjectChildren(string? key, PickleObject made)
    {
        if (PickledModule.TryCreate(made) is { } module)
        {
            budget.Charge(module.StepCount, 0);
            transient.LeaveOut(key, module);
            foreach (var (name, attribute) in module.GetAttributes())
            {
                attributes.Add(key, name, attribute);
            }

            return module.GetChildren();
        }

        if (made.Callable is PickleObject)
        {
            attributes.Add(key, "callable", made.Callable);
        }

        var parts = ObjectParts.Of(made, steps => budget.Charge(steps, 0));
        if (parts is not null)
        {
            if (PickledOptimizer.TryNumber(made) is var (state, numbers))
            {
                budget.Charge(numbers.Count, 0);
                parameterNumbers[state] = numbers;
            }

            if (ObjectParts.TypeName(made) is var type && !IsPlainRecord(type))
            {
                AddDescription(key, type);
            }
        }

        return parts;
    }

    private static bool IsPlainRecord(string name) => name is "argparse.Namespace" or "types.SimpleNamespace";

    private sealed record Frame(string? Prefix, PickleNode Node, IEnumerator<(string Name, PickleNode Node)> Children);
}
