using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;
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

    private const int MostKeyBytes = 1 << 30;

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
            pieces.Add(new Piece());
        }

        return pieces[^1];
    }

    private sealed class Piece
    {
        private readonly List<Row> rows = [];

        /// <summary>The keys of the tensors that are like others, in UTF-8, one behind the other.</summary>
        private readonly List<byte> keys = [];

        public TensorInfo Get(int index)
        {
            var row = rows[index];
            int start = index == 0 ? 0 : rows[index - 1].KeyEnd;
            return row.Place < 0 ? row.Tensor : row.Describe(CollectionsMarshal.AsSpan(keys)[start..row.KeyEnd]);
        }

        public void Add(TensorInfo tensor) => rows.Add(new Row(tensor, 0, -1, keys.Count));

        public bool TryAddLike(TensorInfo other, string key, long storage, long place)
        {
            int start = keys.Count;
            long most = 3L * key.Length;
            if (most > MostKeyBytes - start)
            {
                return false;
            }

            CollectionsMarshal.SetCount(keys, start + (int)most);
            var status = Utf8.FromUtf16(key, CollectionsMarshal.AsSpan(keys)[start..], out _, out int length, replaceInvalidSequences: false);
            bool isValid = status == OperationStatus.Done;
            CollectionsMarshal.SetCount(keys, start + (isValid ? length : 0));
            if (isValid)
            {
                rows.Add(new Row(other, storage, place, keys.Count));
            }

            return isValid;
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
