using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace LowMem.Checkpoints;

/// <summary>
/// The tensors of a checkpoint in the order of the file. A checkpoint of a hundred thousand tensors keeps them in fewer
/// bytes than their descriptions take, so that each description is made when it is asked for: a new one each time.
/// </summary>
public sealed class TensorList : IReadOnlyList<TensorInfo>
{
    /// <summary>In pieces, since growing a long table copies it, and what is as long as that costs a full garbage collection.</summary>
    private const int PieceLength = 1024;

    private const int MostKeyBytes = 1 << 29;

    private readonly List<Piece> pieces = [];

    internal TensorList()
    {
    }

    /// <summary>How many tensors there are.</summary>
    public int Count { get; private set; }

    /// <summary>The tensor at a place, counted from 0.</summary>
    /// <param name="index">The place.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public TensorInfo this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return pieces[index / PieceLength].Get(index % PieceLength);
        }
    }

    /// <summary>Goes over the tensors.</summary>
    public IEnumerator<TensorInfo> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(TensorInfo tensor)
    {
        LastPiece().Add(tensor);
        Count++;
    }

    /// <summary>
    /// Adds a tensor that differs from another one in its key and the place of its storage alone; false when the key is no
    /// valid UTF-16, and cannot be kept in fewer bytes.
    /// </summary>
    /// <param name="other">The other one.</param>
    /// <param name="key">What it goes by.</param>
    /// <param name="storage">The name of its storage, a number.</param>
    /// <param name="place">Where the storage starts in the file.</param>
    internal bool TryAddLike(TensorInfo other, string key, long storage, long place)
    {
        bool isAdded = LastPiece().TryAddLike(other, key, storage, place);
        Count += isAdded ? 1 : 0;
        return isAdded;
    }

    private Piece LastPiece()
    {
        if (Count == pieces.Count * PieceLength)
        {
            pieces.Add(pieces.Count == 0 ? new Piece(rows: 4, keyBytes: 0) : new Piece(PieceLength, pieces[^1].KeyBytes));
        }

        return pieces[^1];
    }

    /// <param name="rows">How many rows to expect.</param>
    /// <param name="keyBytes">How many bytes of keys to expect.</param>
    private sealed class Piece(int rows, int keyBytes)
    {
        private Row[] rows = new Row[rows];
        private int count;

        /// <summary>The keys of the tensors that are like others, in UTF-8, one behind the other.</summary>
        private byte[] keys = new byte[keyBytes];

        /// <summary>How many bytes the keys have.</summary>
        public int KeyBytes { get; private set; }

        public TensorInfo Get(int index)
        {
            var row = rows[index];
            int start = index == 0 ? 0 : rows[index - 1].KeyEnd;
            return row.Place < 0 ? row.Tensor : row.Describe(keys.AsSpan(start..row.KeyEnd));
        }

        public void Add(TensorInfo tensor) => Add(new Row(tensor, 0, -1, KeyBytes));

        public bool TryAddLike(TensorInfo other, string key, long storage, long place)
        {
            int length;
            while (Utf8.FromUtf16(key, keys.AsSpan(KeyBytes), out _, out length, replaceInvalidSequences: false) is var status
                && status != OperationStatus.Done)
            {
                if (status != OperationStatus.DestinationTooSmall || keys.Length > MostKeyBytes - (3L * key.Length))
                {
                    return false;
                }

                Array.Resize(ref keys, (3 * key.Length) + (2 * keys.Length));
            }

            KeyBytes += length;
            Add(new Row(other, storage, place, KeyBytes));
            return true;
        }

        private void Add(Row row)
        {
            if (count == rows.Length)
            {
                Array.Resize(ref rows, 2 * count);
            }

            rows[count++] = row;
        }
    }

    /// <param name="Tensor">The tensor, or one that it is like.</param>
    /// <param name="Storage">The name of its storage.</param>
    /// <param name="Place">Where the storage starts; -1 for the tensor itself.</param>
    /// <param name="KeyEnd">Where the key ends among those of all rows; it starts where the one before ends.</param>
    private readonly record struct Row(TensorInfo Tensor, long Storage, long Place, int KeyEnd)
    {
        public TensorInfo Describe(ReadOnlySpan<byte> key) => Tensor with
        {
            Key = Encoding.UTF8.GetString(key),
            StorageKey = Storage.ToString(CultureInfo.InvariantCulture),
            Offset = checked(Place + Tensor.StorageStart),
            Storage = Tensor.Storage! with { Offset = Place },
            Shape = [.. Tensor.Shape],
            Stride = [.. Tensor.Stride],
        };
    }
}
