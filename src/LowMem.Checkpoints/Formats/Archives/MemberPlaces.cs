using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Formats.Archives;

/// <summary>
/// Makes of a checkpoint that was read as a part of a file one of that file: whoever opens the file maps and reads the
/// tensors there. What was unfolded into memory keeps its bytes there.
/// </summary>
internal sealed class MemberPlaces
{
    private readonly RandomAccessSource part;
    private readonly Dictionary<StorageExtent, StorageExtent> storages = [];

    private MemberPlaces(RandomAccessSource part) => this.part = part;

    /// <param name="checkpoint">What was read from the part.</param>
    /// <param name="part">The part.</param>
    /// <param name="file">The file that it is a part of.</param>
    public static Checkpoint Move(Checkpoint checkpoint, RandomAccessSource part, CheckpointFile file)
    {
        var places = new MemberPlaces(part);
        bool isInPlace = part.UnfoldedContent is null;
        bool isZip = checkpoint.Format is CheckpointFormats.PyTorchZip or CheckpointFormats.TorchScript;
        return checkpoint with
        {
            Tensors = isInPlace ? checkpoint.Tensors : [.. checkpoint.Tensors.Select(places.Move)],
            Files = [file],
            Archives = isInPlace && isZip ? [new ArchivePlace(file.Path, part.Origin, part.Length)] : [],
            Findings = [.. checkpoint.Findings.Select(finding => finding with { Offset = isInPlace ? finding.Offset + part.Origin : null })],
        };
    }

    private TensorInfo Move(TensorInfo tensor)
    {
        var storage = tensor.Storage is null ? null : Move(tensor, tensor.Storage);
        return tensor with
        {
            Offset = -1,
            Storage = storage,
            Components = tensor.Components.Count == 0
                ? tensor.Components
                : new OrderedDictionary<string, TensorInfo>(
                    tensor.Components.Select(component => KeyValuePair.Create(component.Key, Move(component.Value)))),
        };
    }

    private StorageExtent Move(TensorInfo tensor, StorageExtent storage)
    {
        if (!storages.TryGetValue(storage, out var moved))
        {
            moved = MoveToMemory(tensor, storage, part.UnfoldedContent!.Value);
            storages.Add(storage, moved);
        }

        return moved;
    }

    private StorageExtent MoveToMemory(TensorInfo tensor, StorageExtent storage, ReadOnlyMemory<byte> content)
    {
        if (storage.Offset >= 0)
        {
            var bytes = content.Slice(checked((int)storage.Offset), checked((int)storage.ByteLength));
            return storage with { Offset = -1, Content = bytes };
        }

        return storage.Deflated is null
            ? storage
            : storage with { Deflated = null, Content = UnaddressableStorages.Unfold(part.WithContent(content, part.StoredLength), tensor, storage) };
    }
}
