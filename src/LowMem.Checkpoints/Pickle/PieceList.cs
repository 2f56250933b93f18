using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// A list that grows by pieces: nothing is copied to grow but the first of them, and none is so large that the runtime frees
/// it only with a full collection.
/// </summary>
[SuppressMessage("Naming", "CA1710", Justification = "It is a list that grows by pieces.")]
internal sealed class PieceList<T> : IReadOnlyList<T>
{
    private const int PieceBits = 10;
    private const int PieceLength = 1 << PieceBits;
    private const int ShortestPiece = 4;

    private T[] first = [];
    private List<T[]>? others;

    public int Count { get; private set; }

    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return PieceOf(index)[index & (PieceLength - 1)];
        }

        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            PieceOf(index)[index & (PieceLength - 1)] = value;
        }
    }

    public void Add(T item)
    {
        if (Count < PieceLength)
        {
            if (Count == first.Length)
            {
                Array.Resize(ref first, Math.Max(ShortestPiece, 2 * Count));
            }
        }
        else if ((Count & (PieceLength - 1)) == 0)
        {
            (others ??= []).Add(new T[PieceLength]);
        }

        PieceOf(Count)[Count & (PieceLength - 1)] = item;
        Count = checked(Count + 1);
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private T[] PieceOf(int index) => index < PieceLength ? first : others![(index >> PieceBits) - 1];
}
