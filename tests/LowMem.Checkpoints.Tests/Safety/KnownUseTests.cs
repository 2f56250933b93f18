using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Formats;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Safety;

/// <summary>
/// What is known stays inert with hostile arguments and states. Each pickle here makes CPython with PyTorch 1.13 and NumPy 1.24
/// call something, write to memory or end by a fault, although every name in it is on the lists.
/// </summary>
public sealed class KnownUseTests
{
    private static readonly byte[] Stop = [(byte)'.'];

    /// <summary>Keywords of NEWOBJ_EX: addresses that PyTorch follows.</summary>
    [Theory]
    [InlineData("torch", "Tensor", "cdata")]
    [InlineData("torch", "FloatTensor", "cdata")]
    [InlineData("torch", "UntypedStorage", "allocator")]
    public void KeywordsOfPyTorchAreDangerous(string module, string type, string keyword)
    {
        byte[] keywords = [(byte)'}', .. Text(keyword), .. Int(0x41414141), (byte)'s'];

        Assert.Equal([$"{module}.{type}.__new__"], Open([.. Proto(4), .. Global(module, type), (byte)')', .. keywords, 0x92, .. Stop]).UnsafeGlobals);

        byte[] call = [.. Global("copyreg", "__newobj_ex__"), .. Global(module, type), (byte)')', .. keywords, 0x87, (byte)'R'];
        Assert.Equal(["copyreg.__newobj_ex__.__new__"], Open([.. Proto(4), .. call, .. Stop]).UnsafeGlobals);
    }

    [Fact]
    public void KeywordsOfWhatIsKnownAreNotKnown()
    {
        byte[] keywords = [(byte)'}', .. Text("source"), .. Int(1), (byte)'s'];

        Assert.Equal(["builtins.bytes"], Open([.. Proto(4), .. Global("builtins", "bytes"), (byte)')', .. keywords, 0x92, .. Stop]).UnknownGlobals);
    }

    /// <summary>numpy.ndarray((1,), 'O', b'AAAAAAAA') has a pointer of the pickle's for an object.</summary>
    [Theory]
    [InlineData("R")]
    [InlineData("\u0081")]
    public void AnArrayIsMadeByTheFunctionForItOnly(string opcode)
    {
        byte[] arguments = [.. Int(1), 0x85, .. Text("O"), .. Bytes("AAAAAAAA"u8.ToArray()), 0x87];

        Assert.Equal(["numpy.ndarray"], Open([.. Proto(4), .. Global("numpy", "ndarray"), .. arguments, (byte)opcode[0], .. Stop]).UnknownGlobals);
    }

    [Theory]
    [InlineData("__generator_ctor")]
    [InlineData("__randomstate_ctor")]
    public void AGeneratorCallsItsSecondArgument(string constructor)
    {
        byte[] call = [.. Global("numpy.random._pickle", constructor), .. Text("x"), .. Global("numpy", "float64"), 0x86, (byte)'R'];

        Assert.Equal(["numpy.float64"], Open([.. Proto(4), .. call, .. Stop]).UnknownGlobals);
    }

    [Theory]
    [InlineData("numpy.random._pcg64", "PCG64", 0)]
    [InlineData("accelerate.state", "PartialState", 1)]
    public void AGeneratorIsMadeOfTheClassThatItIsGiven(string module, string type, int unknown)
    {
        byte[] call = [.. Global("numpy.random._pickle", "__bit_generator_ctor"), .. Global(module, type), 0x85, (byte)'R'];

        Assert.Equal(unknown, Open([.. Proto(4), .. call, .. Stop]).UnknownGlobals.Count);
    }

    public static TheoryData<string, byte[]> HostileTypes => new()
    {
        { "O8", [.. State("|", None, None, None, -1, -1, 0)] },
        { "f8", [.. State("<", None, None, None, -1, -1, 63)] },
        { "f8", [.. State("<", None, None, None, 1 << 20, 1, 0)] },
        { "V8", [.. State("|", None, None, None, -8, 1, 0)] },
        { "V8", [.. State("|", None, None, None, 1 << 20, 1, 0)] },
        { "V8", [.. State("|", None, Names, Fields("i8", 1 << 30), 8, 1, 0)] },
        { "V8", [.. State("|", None, Names, Fields("i8", -8), 8, 1, 0)] },
        { "V8", [.. State("|", None, Names, Fields("i8", 1), 8, 1, 0)] },
        { "V8", [.. State("|", Tuple(Type("i8"), Int(1 << 20)), None, None, 8, 1, 0)] },
        { "V8", [.. State("|", None, Names, Fields("i8", 0), 8, 0, 0)] },
        { "S8", [.. State("|", None, Names, Fields("i8", 0), 8, 1, 0)] },
    };

    [Theory]
    [MemberData(nameof(HostileTypes))]
    public void AStateThatNumPyNeverWritesIsDangerous(string type, byte[] state) =>
        Assert.Equal(["numpy.dtype.__setstate__"], Open([.. Proto(4), .. Type(type), .. state, (byte)'b', .. Stop]).UnsafeGlobals);

    /// <summary>Arrays that were made before the state came hold bytes, which it turns into objects.</summary>
    [Fact]
    public void ATypeOfFieldsWithObjectsIsUnknown()
    {
        byte[] pickle = [.. Proto(4), .. Type("V8"), .. State("|", None, Names, Fields("O8", 0), 8, 1, 27), (byte)'b', .. Stop];
        var checkpoint = Open(pickle);

        Assert.Equal(["numpy.dtype"], checkpoint.UnknownGlobals);
        Assert.Empty(checkpoint.UnsafeGlobals);
    }

    [Fact]
    public void ATypeThatSomethingElseMakesIsUnknown()
    {
        byte[] call = [.. Global("copyreg", "__newobj__"), .. Global("numpy", "dtype"), .. Text("O8"), 0x86, (byte)'R'];

        Assert.Equal(["numpy.dtype"], Open([.. Proto(4), .. call, .. Stop]).UnknownGlobals);
    }

    [Fact]
    public void AStateBehindAFunctionIsOneOfWhatItWasGiven()
    {
        byte[] call = [.. Global("builtins", "max"), (byte)']', .. Type("O8"), (byte)'a', 0x85, (byte)'R'];

        Assert.Equal(
            ["builtins.max.__setstate__"],
            Open([.. Proto(4), .. call, .. State("|", None, None, None, -1, -1, 0), (byte)'b', .. Stop]).UnsafeGlobals);
    }

    public static TheoryData<string, byte[]> HonestTypes => new()
    {
        { "f8", State("<", None, None, None, -1, -1, 0) },
        { "O8", State("|", None, None, None, -1, -1, 63) },
        { "S5", State("|", None, None, None, 5, 1, 0) },
        { "U5", State("<", None, None, None, 20, 4, 8) },
        { "V0", State("|", None, Tuple(), [(byte)'}'], 0, 1, 16) },
        { "V16", State("|", None, Names, Fields("f8", 8), 16, 8, -112) },
        { "V24", State("|", Tuple(Type("f4"), Tuple(Int(2), Int(3))), None, None, 24, 4, 0) },
    };

    [Theory]
    [MemberData(nameof(HonestTypes))]
    public void AStateOfNumPyIsKnown(string type, byte[] state)
    {
        var checkpoint = Open([.. Proto(4), .. Type(type), .. state, (byte)'b', .. Stop]);

        Assert.Empty(checkpoint.UnsafeGlobals);
        Assert.Empty(checkpoint.UnknownGlobals);
    }

    /// <summary>A module looks for attributes among its buffers, layers and parameters.</summary>
    [Theory]
    [InlineData("_buffers")]
    [InlineData("_modules")]
    [InlineData("_parameters")]
    public void AnAttributeHidesInTheDictsOfAModule(string part)
    {
        byte[] hidden = [(byte)'}', .. Text("__array_interface__"), (byte)'}', (byte)'s'];
        byte[] pairs = [.. Global("collections", "OrderedDict"), (byte)']', (byte)']', .. Text("__array_interface__"), (byte)'a', (byte)'}', (byte)'a', (byte)'a', 0x85, (byte)'R'];

        Assert.Equal(["torch.nn.modules.linear.Identity.__array_interface__"], Open(Built("torch.nn.modules.linear", "Identity", Dict((part, hidden)))).UnsafeGlobals);
        Assert.Equal(["torch.nn.modules.linear.Identity.__array_interface__"], Open(Built("torch.nn.modules.linear", "Identity", Dict((part, pairs)))).UnsafeGlobals);
    }

    [Theory]
    [InlineData("detach")]
    [InlineData("add")]
    [InlineData("to")]
    [InlineData("close")]
    [InlineData("__new__")]
    [InlineData("__init__")]
    public void AFunctionUnderTheNameOfWhatIsCalledIsDangerous(string method)
    {
        byte[] state = Dict((method, Global("torch.nn.functional", "relu")));

        Assert.Equal([$"types.SimpleNamespace.{method}"], Open(Built("types", "SimpleNamespace", state)).UnsafeGlobals);
    }

    [Fact]
    public void ALayerUnderTheNameOfWhatIsCalledIsDangerousToo()
    {
        byte[] layer = [.. Global("torch.nn.modules.linear", "Identity"), (byte)')', 0x81];

        Assert.Equal(["argparse.Namespace.append"], Open(Built("argparse", "Namespace", Dict(("append", layer)))).UnsafeGlobals);
    }

    /// <summary>The garbage collector closes bytes in memory.</summary>
    [Fact]
    public void BytesInMemoryHaveAttributesToo()
    {
        byte[] state = Tuple(Bytes([]), Int(0), Dict(("close", Global("torch.nn.functional", "relu"))));

        Assert.Equal(["_io.BytesIO.close"], Open(Built("_io", "BytesIO", state)).UnsafeGlobals);
    }

    [Fact]
    public void AStateThatIsComputedIsDangerous()
    {
        byte[] state = [.. Global("builtins", "max"), (byte)']', .. Dict(("x", Int(1))), (byte)'a', 0x85, (byte)'R'];

        Assert.Equal(["types.SimpleNamespace.<computed>"], Open(Built("types", "SimpleNamespace", state)).UnsafeGlobals);
    }

    [Fact]
    public void ANameThatIsComputedIsDangerous()
    {
        byte[] key = [.. Global("builtins", "str"), .. Text("__setstate__"), 0x85, (byte)'R'];

        Assert.Equal(["types.SimpleNamespace.<computed>"], Open(Built("types", "SimpleNamespace", [(byte)'}', .. key, .. Int(1), (byte)'s'])).UnsafeGlobals);
    }

    /// <summary>A function that was reviewed for data asks an object for a method and gets a function among its attributes.</summary>
    [Theory]
    [InlineData("torch.nn.parameter", "Parameter")]
    [InlineData("collections", "defaultdict")]
    [InlineData("builtins", "repr")]
    public void AnObjectThatCarriesFunctionsIsNoArgumentOfWhatIsKnown(string module, string function)
    {
        byte[] layer = Built("torch.nn.modules.linear", "Identity", Dict(("forward", Global("numpy", "float64"))))[2..^1];
        byte[] call = [.. Global(module, function), .. layer, 0x85, (byte)'R'];

        Assert.Equal([$"{module}.{function}"], Open([.. Proto(4), .. call, .. Stop]).UnknownGlobals);
    }

    /// <summary>The twins in Python of types in C have attributes, and methods that call these.</summary>
    [Theory]
    [InlineData("_pyio", "BytesIO")]
    [InlineData("_pyio", "StringIO")]
    public void ATwinInPythonIsNotKnown(string module, string type) =>
        Assert.Equal([$"{module}.{type}"], Open([.. Proto(4), .. Global(module, type), (byte)')', 0x81, .. Stop]).UnsafeGlobals);

    private static byte[] None => [(byte)'N'];

    private static byte[] Names => Tuple(Text("a"));

    private static byte[] Fields(string type, int offset) => Dict(("a", Tuple(Type(type), Int(offset))));

    private static byte[] Type(string name) =>
        [.. Global("numpy", "dtype"), .. Text(name), 0x89, 0x88, 0x87, (byte)'R'];

    private static byte[] State(string order, byte[] parent, byte[] names, byte[] fields, int size, int alignment, int flags) =>
        Tuple(Int(3), Text(order), parent, names, fields, Int(size), Int(alignment), Int(flags));

    private static byte[] Built(string module, string type, byte[] state) =>
        [.. Proto(4), .. Global(module, type), (byte)')', 0x81, .. state, (byte)'b', .. Stop];

    private static Checkpoint Open(byte[] pickle)
    {
        using var file = MutatedFile.With(ZipBytes.PyTorch(pickle).Build());
        return file.Open();
    }
}
