namespace LowMem.CheckpointMaker;

/// <summary>Writes a state dict of float32 tensors as a checkpoint that PyTorch loads like its own.</summary>
public static class StateDictFile
{
    /// <summary>How the bytes of a tensor come into the file: the n-th tensor has the name of the record n.</summary>
    /// <param name="zip">The file.</param>
    /// <param name="record">The name its bytes go by.</param>
    /// <param name="index">Which tensor it is.</param>
    /// <param name="elementCount">How many float32 values it has.</param>
    public delegate void AddValues(StoredZipWriter zip, string record, int index, long elementCount);

    /// <summary>Writes the file; whatever was there is replaced.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">The keys and shapes.</param>
    /// <param name="addValues">Adds the values of each.</param>
    /// <param name="isColumnMajor">True for tensors that were transposed, false for contiguous ones.</param>
    public static void Write(
        string path, IReadOnlyList<(string Key, long[] Shape)> tensors, AddValues addValues, bool isColumnMajor = false)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(addValues);
        var root = Path.GetFileNameWithoutExtension(path);
        using var zip = new StoredZipWriter(path);
        Add(zip, $"{root}/data.pkl", StateDictPickle.Write(tensors, isColumnMajor));
        Add(zip, $"{root}/byteorder", "little"u8.ToArray());
        for (var i = 0; i < tensors.Count; i++)
        {
            addValues(zip, $"{root}/data/{i}", i, tensors[i].Shape.Aggregate(1L, (product, size) => product * size));
        }

        Add(zip, $"{root}/version", "3\n"u8.ToArray());
    }

    private static void Add(StoredZipWriter zip, string name, byte[] bytes) => zip.Add(name, [bytes], bytes.Length);
}
