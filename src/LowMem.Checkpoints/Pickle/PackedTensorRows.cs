using System.Globalization;
using System.Text;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Entries of a dict that follow one another, each a text and a tensor of the ordinary kind. As nodes they take ten times
/// the bytes that they have in the pickle, and half as many as there so.
/// </summary>
/// <param name="rows">The entries.</param>
/// <param name="keys">The keys in ASCII, one behind the other.</param>
internal sealed class PackedTensorRows(PackedTensorRow[] rows, byte[] keys) : PickleNode
{
    public int Count => rows.Length;

    /// <summary>The characters of all keys.</summary>
    public int KeyLength => keys.Length;

    public ref readonly PackedTensorRow this[int index] => ref rows[index];

    public string GetKey(int index)
    {
        int start = index == 0 ? 0 : rows[index - 1].KeyEnd;
        return Encoding.ASCII.GetString(keys, start, rows[index].KeyEnd - start);
    }

    /// <summary>The name of the storage.</summary>
    public string GetStorageKey(int index) => rows[index].Storage.ToString(CultureInfo.InvariantCulture);

    /// <summary>The call that makes the tensor.</summary>
    public PackedTensorCall GetCall(int index) => new(rows[index].Template, GetStorageKey(index), rows[index].Offset);

    /// <summary>The entries as nodes, made anew.</summary>
    public IEnumerable<KeyValuePair<PickleNode, PickleNode>> Unpack() =>
        Enumerable.Range(0, Count).Select(i => KeyValuePair.Create<PickleNode, PickleNode>(PickleScalar.Of(GetKey(i)), GetCall(i)));
}
