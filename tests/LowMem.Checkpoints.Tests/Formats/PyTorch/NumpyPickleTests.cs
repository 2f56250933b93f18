using System.Text;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Values;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch;

/// <summary>Pickles of arrays of numpy, in which model zoos of Caffe2 and Detectron2 keep their weights.</summary>
public sealed class NumpyPickleTests
{
    private static readonly byte[] Elements = [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40];

    [Fact]
    public void ArraysAreTensorsWithTheirElements()
    {
        using var file = MutatedFile.With(Pickle(3, ("model", Dict(("conv1.weight", Array([1, 2], Bytes(Elements))))), ("__author__", Text("zoo"))));

        var checkpoint = file.Open();

        var tensor = Assert.Single(checkpoint.Tensors);
        Assert.Equal(("model.conv1.weight", "float32", CheckpointFormats.Pickle), (tensor.Key, tensor.DType, tensor.Format));
        Assert.Equal([1, 2], tensor.Shape);
        Assert.Equal(Elements, Read(checkpoint, tensor));
        Assert.Equal("zoo", Assert.Single(checkpoint.Values).Value);
    }

    [Fact]
    public void FortranOrderIsKeptAsStrides()
    {
        using var file = MutatedFile.With(Pickle(3, ("w", Array([2, 1], Bytes(Elements), isFortran: true))));

        var tensor = Assert.Single(file.Open().Tensors);

        Assert.Equal([1, 2], tensor.Stride);
    }

    [Fact]
    public void BytesOfPython2AreTakenAlsoWhereTheyCouldBeText()
    {
        // BINSTRING; the second one is valid UTF-8 of fewer letters than bytes.
        byte[] letters = Encoding.UTF8.GetBytes("aä€éb"[..4]);
        using var file = MutatedFile.With(Pickle(
            2, ("a", Array([2], [(byte)'T', .. UInt32(8), .. Elements])), ("b", Array([2], [(byte)'T', .. UInt32(letters.Length), .. letters]))));

        var checkpoint = file.Open();

        Assert.Equal([Elements, letters], checkpoint.Tensors.Select(tensor => Read(checkpoint, tensor)));
    }

    [Fact]
    public void AnArrayOfSeveralNamesIsCountedOnce()
    {
        using var file = MutatedFile.With(Pickle(3, ("a", [.. Array([2], Bytes(Elements)), (byte)'q', 7]), ("b", [(byte)'h', 7])));

        var checkpoint = file.Open();

        Assert.Equal(["numpy.0", "numpy.0"], checkpoint.Tensors.Select(tensor => tensor.StorageKey));
        Assert.Equal((2L, 8L), (checkpoint.GetSummary().ParameterCount, checkpoint.GetSummary().ByteLength));
    }

    [Fact]
    public void AnArrayThatIsLargerThanItsBytesIsAtFaultAndNoOther()
    {
        using var file = MutatedFile.With(Pickle(
            3, ("large", Array([3], Bytes(Elements))), ("huge", Array([long.MaxValue, 2], Bytes(Elements))), ("good", Array([2], Bytes(Elements)))));

        var checkpoint = file.Open();

        Assert.Equal([true, true, false], checkpoint.Tensors.Select(tensor => tensor.UnreadableReason is not null));
        Assert.Equal(["large", "huge"], checkpoint.Findings.Select(finding => finding.Key));
    }

    [Fact]
    public void ArraysOfObjectsAreWalked()
    {
        byte[] inner = Array([2], Bytes(Elements));
        using var file = MutatedFile.With(Pickle(3, ("o", Array([1], [(byte)']', .. inner, (byte)'a'], type: "O8"))));

        Assert.Equal("o.4.0", Assert.Single(file.Open().Tensors).Key);
    }

    [Fact]
    public void BesideTensorsOfPyTorchAnArrayIsAValue()
    {
        using var file = MutatedFile.With(Pickle(3, ("a", Array([2], Bytes(Elements))), ("d", Global("torch", "float32"))));

        var checkpoint = file.Open();

        Assert.Empty(checkpoint.Tensors);
        Assert.Equal(new[] { 1.0, 2.0 }, checkpoint.Values["a"]);
    }

    [Fact]
    public void ManyNamesOfOneArrayDoNotCopyItsBytes()
    {
        // Protocol 2 writes bytes as text, of which bytes have to be made.
        const int count = 20_000;
        byte[] text = [.. Global("_codecs", "encode"), .. Tuple(Text(new string('a', 400_000)), Text("latin1")), (byte)'R'];
        var names = Enumerable.Range(0, count).Select(i => ($"{i}", i == 0 ? [.. Array([100_000], text), (byte)'q', 7] : new byte[] { (byte)'h', 7 }));
        var (checkpoint, error) = Cost.Open(Pickle(2, [.. names]));

        Assert.Null(error);
        Assert.Equal(count, checkpoint!.Tensors.Count);
    }

    private static byte[] Array(long[] shape, byte[] content, bool isFortran = false, string type = "f4") =>
    [
        .. Global("numpy.core.multiarray", "_reconstruct"),
        .. Tuple(Global("numpy", "ndarray"), Ints(0), Bytes([(byte)'b'])), (byte)'R',
        (byte)'(', .. Int(1), .. Ints(shape),
        .. Global("numpy", "dtype"), .. Tuple(Text(type), [0x89], [0x88]), (byte)'R',
        .. Tuple(Int(3), Text("<"), [(byte)'N'], [(byte)'N'], [(byte)'N'], Int(-1), Int(-1), Int(0)), (byte)'b',
        isFortran ? (byte)0x88 : (byte)0x89, .. content, (byte)'t', (byte)'b',
    ];

    private static byte[] Pickle(byte protocol, params (string Key, byte[] Value)[] items) => [.. Proto(protocol), .. Dict(items), (byte)'.'];

    private static byte[] Read(Checkpoint checkpoint, TensorInfo tensor)
    {
        using var reader = new TensorDataReader(checkpoint);
        byte[] bytes = new byte[tensor.ByteLength];
        reader.Read(tensor, 0, bytes, TestContext.Current.CancellationToken);
        return bytes;
    }
}
