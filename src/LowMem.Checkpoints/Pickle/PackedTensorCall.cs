namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// A call of <c>torch._utils._rebuild_tensor_v2</c> with the arguments that nearly every tensor has. A checkpoint has
/// them by the hundred thousand, and as nodes they take ten times the memory of what they say. Whoever asks for the
/// nodes gets them, made anew.
/// </summary>
/// <param name="template">What it has in common with others.</param>
/// <param name="storageKey">The name of the storage.</param>
/// <param name="offset">Where the first element is, in elements of the storage.</param>
internal sealed class PackedTensorCall(PackedTensorTemplate template, string storageKey, long offset)
    : PickleObject(template.Rebuild)
{
    private static readonly PickleGlobal Hooks = new("collections", "OrderedDict");

    public PackedTensorTemplate Template => template;

    public string StorageKey => storageKey;

    public long Offset => offset;

    /// <summary>The persistent id of the storage.</summary>
    public PicklePersistentId Storage => new(new PickleSequence(
        PickleSequenceKind.Tuple,
        PickleScalar.Of(PackedTensorTemplate.StorageTag),
        template.StorageClass,
        PickleScalar.Of(storageKey),
        template.Location,
        PickleScalar.Of(template.StorageCount)));

    public override PickleNode Arguments => new PickleSequence(
        PickleSequenceKind.Tuple,
        Storage,
        PickleScalar.Of(offset),
        ToTuple(template.Shape),
        ToTuple(template.Stride),
        PickleScalar.Of(template.RequiresGrad),
        new PickleCall(Hooks, PickleSequence.EmptyTuple));

    public override int ArgumentCount => 6;

    /// <summary>Packs a call; null when it is another one, or has anything out of the ordinary.</summary>
    public static PackedTensorCall? TryPack(PickleNode callable, PickleNode arguments)
    {
        if (callable is not PickleGlobal { FullName: PackedTensorTemplate.RebuildName } global
            || arguments is not PickleSequence { Kind: PickleSequenceKind.Tuple, Count: 6 } tuple
            || tuple[0] is not PicklePersistentId { Id: PickleSequence { Kind: PickleSequenceKind.Tuple, Count: 5 } id }
            || id[0] is not PickleScalar { Value: PackedTensorTemplate.StorageTag }
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
            new PackedTensorTemplate(global, storageClass, location, storageCount, shape, stride, requiresGrad), key, offset);
    }

    /// <summary>Backward hooks are never saved, so that their dict is empty; and it stays so when nothing else can reach it.</summary>
    private static bool IsEmptyDict(PickleNode node) =>
        node is PickleObject { CallableName: PackedTensorTemplate.HooksClass, ArgumentCount: 0, IsUnchanged: true, IsShared: false } made
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
