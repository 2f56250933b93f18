using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Formats.Archives;

/// <summary>
/// Turns the places of a checkpoint that was read as a part of a file into places in that file, so that whoever opens the
/// file maps and reads them there. What was unfolded into memory keeps its bytes there.
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
            Tensors = [.. checkpoint.Tensors.Select(places.Move)],
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
            Offset = tensor.Offset < 0 || storage is not { Offset: >= 0 } ? -1 : tensor.Offset + part.Origin,
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
            moved = part.UnfoldedContent is { } content ? MoveToMemory(tensor, storage, content) : MoveInFile(storage);
            storages.Add(storage, moved);
        }

        return moved;
    }

    private StorageExtent MoveInFile(StorageExtent storage) => storage with
    {
        Offset = storage.Offset < 0 ? -1 : storage.Offset + part.Origin,
        Deflated = storage.Deflated is var (offset, length) ? (offset + part.Origin, length) : null,
    };

    private StorageExtent MoveToMemory(TensorInfo tensor, StorageExtent storage, ReadOnlyMemory<byte> content)
    {
        if (storage.Offset >= 0)
        {
            var bytes = content.Slice(checked((int)(storage.Offset + part.Origin)), checked((int)storage.ByteLength));
            return storage with { Offset = -1, Content = bytes };
        }

        return storage.Deflated is null
            ? storage
            : storage with { Deflated = null, Content = UnaddressableStorages.Unfold(part, tensor, storage) };
    }
}
