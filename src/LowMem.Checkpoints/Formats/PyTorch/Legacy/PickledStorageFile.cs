using System.Buffers.Binary;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Formats.PyTorch.Storages;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Legacy;

/// <summary>A legacy file in bytes whose object is one storage. Read like any other, without following what is in its bytes.</summary>
/// <param name="Storage">The storage; null when it is another object, or none that can be read.</param>
/// <param name="StorageClass">Its class.</param>
/// <param name="Offset">Where its elements start in the bytes.</param>
/// <param name="Problem">Why they are not what is announced, or null.</param>
internal sealed record PickledStorageFile(StorageReference? Storage, PickleGlobal? StorageClass, int Offset, string? Problem)
{
    /// <summary>The magic number, the version, facts about the machine, the object, the keys.</summary>
    private const int PickleCount = 5;

    private const int ObjectIndex = 3;

    /// <summary>No description of a storage needs more.</summary>
    private const long MemoryBudget = 1 << 20;

    /// <summary>The pickles, up to the first that broke.</summary>
    public required IReadOnlyList<PickleResult> Pickles { get; init; }

    public static PickledStorageFile Read(ReadOnlyMemory<byte> bytes, string path, CancellationToken cancellationToken)
    {
        var pickles = new List<PickleResult>();
        int position = 0;
        while (pickles.Count < PickleCount)
        {
            var source = new PickleSource(path, "a storage in bytes", -1, MemoryBudget);
            var pickle = PickleMachine.Read(bytes[position..], source, cancellationToken);
            pickles.Add(pickle);
            position += (int)pickle.ByteLength;
            if (pickle.Error is not null)
            {
                return None(pickles);
            }
        }

        if (pickles[ObjectIndex].Root is not PicklePersistentId { Id: PickleSequence tuple } id
            || StorageReference.TryParse(id) is not { View: null } storage
            || PythonValues.AsSequence(pickles[^1].Root) is not [var key]
            || PythonText.OfKey(key) != storage.Key)
        {
            return None(pickles);
        }

        return new PickledStorageFile(storage, (PickleGlobal)tuple[1], position + sizeof(long), FindProblem(storage, bytes.Span[position..]))
        {
            Pickles = pickles,
        };
    }

    /// <param name="storage">What is announced.</param>
    /// <param name="rest">The number of elements, and the elements.</param>
    private static string? FindProblem(StorageReference storage, ReadOnlySpan<byte> rest)
    {
        if (rest.Length < sizeof(long) || rest.Length - sizeof(long) < storage.ByteLength)
        {
            return $"its storage should have {storage.ByteLength} bytes, and {Math.Max(0, rest.Length - sizeof(long))} are left of the bytes it is in";
        }

        long count = BinaryPrimitives.ReadInt64LittleEndian(rest);
        return count == storage.ElementCount || BinaryPrimitives.ReverseEndianness(count) == storage.ElementCount
            ? null
            : $"its storage should have {storage.ElementCount} elements, and the bytes it is in say {count}";
    }

    private static PickledStorageFile None(List<PickleResult> pickles) => new(null, null, 0, null) { Pickles = pickles };
}
