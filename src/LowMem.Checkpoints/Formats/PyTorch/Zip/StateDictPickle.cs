using System.Globalization;
using System.Numerics;
using LowMem.Checkpoints.Formats.Writing;
using LowMem.Checkpoints.Pickle.Writing;

namespace LowMem.Checkpoints.Formats.PyTorch.Zip;

/// <summary>Writes the pickle of a state dict as torch.save does.</summary>
internal sealed class StateDictPickle
{
    private readonly PickleWriter writer = new();
    private readonly IReadOnlyList<WrittenBlob> blobs;
    private readonly Dictionary<int, int?> blobNames = [];
    private int? storageText;
    private int? deviceText;
    private int? versionText;

    private StateDictPickle(IReadOnlyList<WrittenBlob> blobs) => this.blobs = blobs;

    /// <summary>Writes a state dict.</summary>
    /// <param name="tensors">Its tensors, in order.</param>
    /// <param name="blobs">What holds their values.</param>
    /// <param name="values">What else is in it, behind the tensors.</param>
    /// <param name="notes">What PyTorch keeps beside it; null when it is a dict and no OrderedDict.</param>
    public static byte[] Write(
        IReadOnlyList<WrittenTensor> tensors, IReadOnlyList<WrittenBlob> blobs, IReadOnlyList<KeyValuePair<string, object?>> values, StateDictNotes? notes)
    {
        var pickle = new StateDictPickle(blobs);
        var writer = pickle.writer;
        pickle.WriteDict(isPlain: notes is null);
        writer.Items(
            [
                .. tensors.Select(tensor => (Action)(() => pickle.WriteItem(tensor))),
                .. values.Select(value => (Action)(() => pickle.WriteItem(value.Key, value.Value))),
            ],
            isPlain: notes is null);
        if (notes?.Modules is { } modules)
        {
            pickle.WriteDict(isPlain: true);
            writer.Items([() => pickle.WriteNotes(modules)], isPlain: true);
            writer.Write('b');
        }

        return writer.Finish();
    }

    /// <summary>Whether a value is one that a pickle has as it is.</summary>
    public static bool CanWrite(object? value) => value is null or bool or long or double or string or BigInteger;

    private void WriteDict(bool isPlain)
    {
        if (isPlain)
        {
            writer.Write('}');
        }
        else
        {
            writer.Global("collections", "OrderedDict");
            writer.Write(')');
            writer.Write('R');
        }

        writer.Memoize();
    }

    private void WriteNotes(IReadOnlyList<KeyValuePair<string, long?>> modules)
    {
        writer.Text("_metadata");
        WriteDict(isPlain: false);
        writer.Items([.. modules.Select(module => (Action)(() => WriteNote(module.Key, module.Value)))], isPlain: false);
    }

    private void WriteNote(string module, long? version)
    {
        writer.Text(module);
        WriteDict(isPlain: true);
        if (version is { } number)
        {
            writer.Items(
                [() =>
                {
                    writer.Text("version", ref versionText);
                    writer.Integer(number);
                }],
                isPlain: true);
        }
    }

    private void WriteItem(string key, object? value)
    {
        writer.Text(key);
        switch (value)
        {
            case null: writer.Write('N'); break;
            case bool boolean: writer.Boolean(boolean); break;
            case long number: writer.Integer(number); break;
            case BigInteger number: writer.Integer(number); break;
            case double real: writer.Real(real); break;
            case string text: writer.Text(text); break;
            default: throw new ArgumentException($"A {value.GetType().Name} is not written.", nameof(value));
        }
    }

    private void WriteItem(WrittenTensor tensor)
    {
        var blob = blobs[tensor.Blob];
        string? storageClass = TorchDTypes.FindStorageClass(blob.Type);
        writer.Text(tensor.Key);
        writer.Global("torch._utils", storageClass is null ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2");
        writer.Write('(');
        WriteStorage(tensor.Blob, blob, storageClass);
        writer.Integer(tensor.Start);
        writer.Tuple(tensor.Shape);
        writer.Tuple(tensor.Stride);
        writer.Boolean(tensor.RequiresGrad);

        // The hooks, of which there are none.
        WriteDict(isPlain: false);
        if (storageClass is null)
        {
            writer.Global("torch", blob.Type.Name);
        }

        writer.Write('t');
        writer.Memoize();
        writer.Write('R');
        writer.Memoize();
    }

    private void WriteStorage(int number, WrittenBlob blob, string? storageClass)
    {
        writer.Write('(');
        writer.Text("storage", ref storageText);
        writer.Global(storageClass is null ? "torch.storage" : "torch", storageClass ?? "UntypedStorage");
        int? name = blobNames.GetValueOrDefault(number);
        writer.Text(number.ToString(CultureInfo.InvariantCulture), ref name);
        blobNames[number] = name;
        writer.Text("cpu", ref deviceText);
        writer.Integer(storageClass is null ? blob.ByteLength : blob.ElementCount);
        writer.Write('t');
        writer.Memoize();
        writer.Write('Q');
    }
}
