using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Legacy;

/// <summary>
/// The storages of a pickle that <c>torch.save</c> did not write: <c>pickle.dump</c> makes of each a call of
/// <c>torch.storage._load_from_bytes</c> with a whole legacy file in bytes (<c>__reduce__</c> of torch/storage.py). Each
/// call becomes the persistent id that <c>torch.save</c> would have written, by a number in the order met, so that the tree
/// looks like that of any other format. None is called.
/// </summary>
/// <param name="source">The file.</param>
/// <param name="cancellationToken">Ends the reading early.</param>
internal sealed class PickledStorages(RandomAccessSource source, CancellationToken cancellationToken) : IPersistentLoader
{
    private const string LoadFromBytes = "torch.storage._load_from_bytes";

    /// <summary>By the bytes or the text they are read from, which many calls may name; null where there is none.</summary>
    private readonly Dictionary<PickleScalar, PicklePersistentId?> known = new(ReferenceEqualityComparer.Instance);

    /// <summary>The storages found, by their numbers.</summary>
    public StorageTable Table { get; } = new(source.Origin);

    /// <summary>The pickles in the bytes that name anything: the calls would unpickle them.</summary>
    public List<PickleResult> Pickles { get; } = [];

    public PickleNode Load(PickleNode id) => new PicklePersistentId(id);

    public PickleNode? Replace(PickleObject call, IReadOnlyDictionary<PickleScalar, long> places)
    {
        if (call.CallableName != LoadFromBytes || call.ArgumentList is not [var argument] || SourceOf(argument) is not { } source)
        {
            return null;
        }

        if (!known.TryGetValue(source, out var id))
        {
            cancellationToken.ThrowIfCancellationRequested();
            id = Read(PicklePayload.GetBytes(source), places.TryGetValue(source, out long place) ? place : -1);
            known.Add(source, id);
        }

        return id;
    }

    /// <summary>Bytes, or the text that protocols 0 to 2 write for them: <c>_codecs.encode(text, 'latin1')</c>.</summary>
    private static PickleScalar? SourceOf(PickleNode argument) => argument switch
    {
        PickleScalar { Value: byte[] } bytes => bytes,
        PickleObject { CallableName: "_codecs.encode" } encode
            when encode.ArgumentList is [PickleScalar { Value: string content } text, PickleScalar { Value: "latin1" or "latin-1" }]
                && content.All(character => character <= byte.MaxValue) => text,
        _ => null,
    };

    private PicklePersistentId? Read(byte[] bytes, long place)
    {
        var file = PickledStorageFile.Read(bytes, source.Name, cancellationToken);
        Pickles.AddRange(file.Pickles.Where(pickle => pickle.Globals.Count > 0));
        if (file.Storage is not { } storage)
        {
            return null;
        }

        string key = known.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (file.Problem is { } problem)
        {
            Table.AddFaulty(key, FindingCodes.StorageSizeMismatch, problem);
        }
        else
        {
            _ = place >= 0
                ? Table.Add(key, place + file.Offset, storage.ByteLength)
                : Table.Add(key, new StorageExtent(-1, storage.ByteLength) { Content = bytes.AsMemory(file.Offset, checked((int)storage.ByteLength)) });
        }

        return new PicklePersistentId(new PickleSequence(
            PickleSequenceKind.Tuple,
            PickleScalar.Of("storage"), file.StorageClass!, PickleScalar.Of(key), PickleScalar.None, PickleScalar.Of(storage.ElementCount)));
    }
}
