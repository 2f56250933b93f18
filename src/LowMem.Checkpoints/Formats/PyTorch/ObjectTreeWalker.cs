using LowMem.Checkpoints.IO;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch;

/// <summary>
/// Walks the tree of a pickle and names what it finds: tensors and other leaves, with the keys of nested containers
/// joined by dots. Does not recurse; shared containers are walked again under each name, cycles are not followed, and
/// the whole is bounded by the size of the pickle.
/// </summary>
internal sealed class ObjectTreeWalker
{
    /// <summary>The name of a root that is itself a tensor or a value.</summary>
    public const string RootKey = "(root)";

    private const int MaxDepth = 512;

    /// <summary>More than any function takes that makes a tensor.</summary>
    private const int UsualArguments = 16;

    private readonly CheckpointFileReader file;
    private readonly TensorInfoFactory factory;
    private readonly CancellationToken cancellationToken;
    private readonly HashSet<PickleNode> onPath = new(ReferenceEqualityComparer.Instance);
    private readonly Stack<Frame> frames = new();
    private long visits;
    private long visitsLeft;
    private long keyCharactersLeft;

    private ObjectTreeWalker(
        CheckpointFileReader file, TensorInfoFactory factory, PickleResult pickle, CancellationToken cancellationToken)
    {
        this.file = file;
        this.factory = factory;
        this.cancellationToken = cancellationToken;

        // A container named twice is legitimate, a doubling at each level is not: it would never end.
        visitsLeft = checked(1024 + (4 * pickle.OpcodeCount));
        keyCharactersLeft = checked((1 << 20) + (32 * pickle.ByteLength));
    }

    public TensorList Tensors { get; } = [];

    public OrderedDictionary<string, object?> Values { get; } = [];

    public List<CheckpointFinding> Findings { get; } = [];

    /// <summary>
    /// The storages that no tensor here has to show: those that are values by themselves, and those of buffers that are no
    /// part of a module's state dict.
    /// </summary>
    public HashSet<string> OtherStorages { get; } = new(StringComparer.Ordinal);

    public static ObjectTreeWalker Walk(
        CheckpointFileReader file, TensorInfoFactory factory, PickleResult pickle, CancellationToken cancellationToken) =>
        Walk(file, factory, pickle, string.Empty, cancellationToken);

    /// <param name="file">The file, for errors.</param>
    /// <param name="factory">Makes the tensors.</param>
    /// <param name="pickle">The tree.</param>
    /// <param name="rootKey">What the root goes by; its parts come behind a dot. Empty for nothing.</param>
    /// <param name="cancellationToken">Ends the walk early.</param>
    public static ObjectTreeWalker Walk(
        CheckpointFileReader file, TensorInfoFactory factory, PickleResult pickle, string rootKey, CancellationToken cancellationToken)
    {
        var walker = new ObjectTreeWalker(file, factory, pickle, cancellationToken);
        walker.Run(rootKey, pickle.Root);
        return walker;
    }

    private void Run(string rootKey, PickleNode root)
    {
        Visit(rootKey, root);
        while (frames.TryPeek(out var frame))
        {
            if (frame.Children.MoveNext())
            {
                var (name, node) = frame.Children.Current;
                if (node is PackedTensorRows rows)
                {
                    AddTensors(frame.Prefix, rows);
                }
                else
                {
                    Visit(frame.Prefix.Length == 0 ? name : $"{frame.Prefix}.{name}", node);
                }
            }
            else
            {
                frames.Pop();
                onPath.Remove(frame.Node);
            }
        }
    }

    private void Visit(string key, PickleNode node)
    {
        Charge(1, key.Length);
        if ((++visits & 0xfff) == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (node is PickleObject made)
        {
            // What looks at an object looks at its arguments, which many objects may share; [tensor] * 1000 is no attack.
            Charge(Math.Max(0, made.ArgumentCount - UsualArguments), 0);
        }

        if (TryAddTensor(key, node))
        {
            return;
        }

        if (NaturalValues.TryConvert(node, out var value))
        {
            if (node is PickleObject)
            {
                Charge(0, SizeOf(value));
            }

            AddValue(key, value);
        }
        else if (Children(key, node) is { } children)
        {
            Descend(key, node, children);
        }
        else
        {
            if (node is PicklePersistentId id && StorageReference.TryParse(id) is { } storage)
            {
                OtherStorages.Add(storage.Key);
            }

            AddValue(key, PythonText.Describe(node));
        }
    }

    private void Charge(long steps, long characters)
    {
        visitsLeft -= steps;
        keyCharactersLeft -= characters;
        if (visitsLeft < 0 || keyCharactersLeft < 0)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid,
                file.Path,
                "the pickle names the same containers over and over: it would unfold to far more than its size.");
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

    private bool TryAddTensor(string key, PickleNode node)
    {
        if (TryCreateTensor(NameOf(key), node) is not { } tensor)
        {
            return false;
        }

        Tensors.Add(tensor);
        return true;
    }

    private TensorInfo? TryCreateTensor(string key, PickleNode node)
    {
        TensorDescription? description = null;
        try
        {
            description = TensorRebuilder.TryDescribe(node);
            return description is null ? null : factory.Create(key, description);
        }
        catch (TensorProblemException problem)
        {
            Findings.Add(new CheckpointFinding(FindingSeverity.Error, problem.Code, key, null, $"tensor '{key}': {problem.Message}"));
            return factory.CreateFaulty(key, description, problem.Message);
        }
    }

    /// <summary>Adds the tensors of a dict that was read without making nodes. Only what is odd about one is looked at more closely.</summary>
    private void AddTensors(string prefix, PackedTensorRows rows)
    {
        cancellationToken.ThrowIfCancellationRequested();
        visits += rows.Count;
        Charge(7L * rows.Count, rows.KeyLength + ((long)rows.Count * (prefix.Length + 1)));
        Tensors.Add(PackedTensors.Create(prefix, rows, factory, (key, call) => TryCreateTensor(key, call)!));
    }

    private void AddValue(string key, object? value) => Values[NameOf(key)] = value;

    private void Descend(string key, PickleNode node, IEnumerable<(string Name, PickleNode Node)> children)
    {
        if (!onPath.Add(node))
        {
            return;
        }

        if (frames.Count == MaxDepth)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, file.Path, $"the pickle nests its containers deeper than {MaxDepth}.");
        }

        frames.Push(new Frame(key, node, children.GetEnumerator()));
    }

    /// <summary>The named parts of a container, or null when the node is none. An empty one leaves no trace.</summary>
    private IEnumerable<(string Name, PickleNode Node)>? Children(string key, PickleNode node)
    {
        if (PythonValues.AsDict(node) is { } dict)
        {
            return dict.Parts.Select(entry => (PythonText.OfKey(entry.Key), entry.Value));
        }

        if (PythonValues.AsSequence(node) is { } items)
        {
            return Indexed(items);
        }

        return node is PickleObject made ? ObjectChildren(key, made) : null;
    }

    private IEnumerable<(string Name, PickleNode Node)>? ObjectChildren(string key, PickleObject made)
    {
        var attributes = PythonValues.AsAttributes(made);
        if (attributes is not null && PickledModule.TryCreate(attributes) is { } module)
        {
            Charge(module.StepCount, 0);
            LeaveOut(module.GetTransientBuffers());
            return module.GetChildren();
        }

        var arguments = made.ArgumentList.Any(HoldsMore) ? made.ArgumentList : [];
        if (attributes is null && made.Items.Count == 0 && made.Entries.Count == 0 && arguments.Count == 0)
        {
            return null;
        }

        if (!IsPlainRecord(TypeName(made)))
        {
            AddValue(key, TypeName(made));
        }

        return Indexed(arguments)
            .Concat(Indexed(made.Items))
            .Concat(made.Entries.Select(entry => (PythonText.OfKey(entry.Key), entry.Value)))
            .Concat((attributes?.Entries ?? []).Select(entry => (PythonText.OfKey(entry.Key), entry.Value)));
    }

    private void LeaveOut(IEnumerable<PickleNode> buffers)
    {
        foreach (var buffer in buffers)
        {
            try
            {
                if (TensorRebuilder.TryDescribe(buffer) is { } description
                    && factory.Create(RootKey, description).StorageKey is { } storage)
                {
                    OtherStorages.Add(storage);
                }
            }
            catch (TensorProblemException)
            {
                // What is wrong with a tensor that is not listed stops nobody.
            }
        }
    }

    private static bool IsPlainRecord(string name) => name is "argparse.Namespace" or "types.SimpleNamespace";

    /// <summary>copyreg._reconstructor(cls, object, None) is how protocol 0 and 1 make an instance of cls.</summary>
    private static string TypeName(PickleObject made) =>
        made.CallableName == "copyreg._reconstructor" && made.ArgumentList is [PickleGlobal type, ..]
            ? type.FullName
            : PythonText.Describe(made.Callable);

    /// <summary>Whether an argument can hold tensors, as the fields of a named tuple do.</summary>
    private static bool HoldsMore(PickleNode argument) => argument switch
    {
        PickleObject or PickleMapping { Count: > 0 } => true,
        PickleSequence sequence => sequence.Count > 0,
        _ => false,
    };

    private static IEnumerable<(string Name, PickleNode Node)> Indexed(IReadOnlyList<PickleNode> items) =>
        items.Select((item, index) => (index.ToString(System.Globalization.CultureInfo.InvariantCulture), item));

    private static string NameOf(string key) => key.Length == 0 ? RootKey : key;

    private sealed record Frame(string Prefix, PickleNode Node, IEnumerator<(string Name, PickleNode Node)> Children);
}
