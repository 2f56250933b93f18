using LowMem.Checkpoints.Formats;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// A call of <c>torch._utils._rebuild_tensor_v2</c> with the arguments that nearly every tensor has. A checkpoint has
/// them by the hundred thousand, and as nodes they take ten times the memory of what they say. Whoever asks for the
/// nodes gets them, made anew.
/// </summary>
internal sealed class PackedTensorCall : PickleObject
{
    private const string Rebuild = "torch._utils._rebuild_tensor_v2";

    /// <summary>What makes the dict of the backward hooks.</summary>
    public const string HooksClass = "collections.OrderedDict";

    private static readonly PickleGlobal Hooks = new("collections", "OrderedDict");

    private readonly PickleGlobal storageClass;
    private readonly string storageKey;
    private readonly PickleScalar location;
    private readonly long storageCount;

    private PackedTensorCall(
        PickleGlobal callable,
        (PickleGlobal Class, string Key, PickleScalar Location, long Count) storage,
        long offset,
        long[] shape,
        long[] stride,
        bool requiresGrad)
        : base(callable)
    {
        (storageClass, storageKey, location, storageCount) = storage;
        Offset = offset;
        Shape = shape;
        Stride = stride;
        RequiresGrad = requiresGrad;
    }

    /// <summary>Where the first element is, in elements of the storage.</summary>
    public long Offset { get; }

    /// <summary>The size of each dimension.</summary>
    public long[] Shape { get; }

    /// <summary>The step of each dimension.</summary>
    public long[] Stride { get; }

    public bool RequiresGrad { get; }

    /// <summary>The persistent id of the storage.</summary>
    public PicklePersistentId Storage => new(new PickleSequence(
        PickleSequenceKind.Tuple,
        PickleScalar.Of("storage"),
        storageClass,
        PickleScalar.Of(storageKey),
        location,
        PickleScalar.Of(storageCount)));

    public override PickleNode Arguments => new PickleSequence(
        PickleSequenceKind.Tuple,
        Storage,
        PickleScalar.Of(Offset),
        ToTuple(Shape),
        ToTuple(Stride),
        PickleScalar.Of(RequiresGrad),
        new PickleCall(Hooks, PickleSequence.EmptyTuple));

    public override int ArgumentCount => 6;

    /// <summary>Packs a call; null when it is another one, or has anything out of the ordinary.</summary>
    public static PackedTensorCall? TryPack(PickleNode callable, PickleNode arguments)
    {
        if (callable is not PickleGlobal { FullName: Rebuild } global
            || arguments is not PickleSequence { Kind: PickleSequenceKind.Tuple, Count: 6 } tuple
            || tuple[0] is not PicklePersistentId { Id: PickleSequence { Kind: PickleSequenceKind.Tuple, Count: 5 } id }
            || id[0] is not PickleScalar { Value: "storage" }
            || id[1] is not PickleGlobal storageClass
            || id[2] is not PickleScalar { Value: string key }
            || id[3] is not PickleScalar location
            || id[4] is not PickleScalar { Value: long storageCount }
            || tuple[1] is not PickleScalar { Value: long and >= 0 and var offset }
            || ToNumbers(tuple[2]) is not { } shape
            || ToNumbers(tuple[3]) is not { } stride
            || tuple[4] is not PickleScalar { Value: bool requiresGrad }
            || !IsEmptyDict(tuple[5]))
        {
            return null;
        }

        return new PackedTensorCall(
            global, (storageClass, key, location, storageCount), offset, shape, stride, requiresGrad);
    }

    /// <summary>Backward hooks are never saved, so that their dict is empty; and it stays so when nothing else can reach it.</summary>
    private static bool IsEmptyDict(PickleNode node) =>
        node is PickleObject { CallableName: HooksClass, ArgumentCount: 0, IsUnchanged: true, IsShared: false } made
        && made.Arguments is PickleSequence { Kind: PickleSequenceKind.Tuple };

    private static long[]? ToNumbers(PickleNode node)
    {
        if (node is not PickleSequence { Kind: PickleSequenceKind.Tuple, Count: <= StridedLayout.MaxDimensions } tuple)
        {
            return null;
        }

        var numbers = new long[tuple.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (tuple[i] is not PickleScalar { Value: long number and >= 0 })
            {
                return null;
            }

            numbers[i] = number;
        }

        return numbers;
    }

    private static PickleSequence ToTuple(long[] numbers) =>
        new(PickleSequenceKind.Tuple, Array.ConvertAll(numbers, number => (PickleNode)PickleScalar.Of(number)));
}
