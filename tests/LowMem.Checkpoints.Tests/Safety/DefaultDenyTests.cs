using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Safety;

/// <summary>What is not known to be inert does not pass, and what is known is known in its use only.</summary>
public sealed class DefaultDenyTests
{
    private static readonly byte[] Stop = [(byte)'.'];

    public static TheoryData<string, string> Gadgets => new()
    {
        { "sympy.core.sympify", "sympify" },
        { "sympy", "S" },
        { "sympy.parsing.sympy_parser", "parse_expr" },
        { "sympy.utilities.lambdify", "lambdify" },
        { "torch._utils", "_import_dotted_name" },
        { "typing", "_eval_type" },
        { "typing", "ForwardRef" },
        { "_functools", "partial" },
        { "dataclasses", "_create_fn" },
        { "mailcap", "findmatch" },
        { "mlflow.projects.backend.local", "_run_entry_point" },
        { "torch._classes", "load" },
        { "torch", "_classes.load" },
        { "_pyio", "open" },
        { "compression.bz2", "open" },
        { "posixpath", "os.system" },
        { "__builtin__", "reduce" },
    };

    [Theory]
    [MemberData(nameof(Gadgets))]
    public void APublishedGadgetCannotBeAllowed(string module, string name)
    {
        var verdict = Verify([.. Proto(4), .. StackGlobal(module, name), .. Text("x"), 0x85, (byte)'R', .. Stop], _ => true);

        Assert.False(verdict.Passed);
        Assert.Single(verdict.Findings, finding => finding is { Code: FindingCodes.UnsafeGlobal, Severity: FindingSeverity.Error });
    }

    [Fact]
    public void SaysWhereAnUnknownGlobalIsWhetherItIsCalledAndHowToAllowIt()
    {
        byte[] pickle = [.. Proto(2), .. Global("mymodel", "Net"), (byte)')', 0x81, .. Stop];

        var finding = Assert.Single(Verify(pickle).Findings, finding => finding.Code == FindingCodes.UnknownGlobal);

        Assert.Equal(FindingSeverity.Error, finding.Severity);
        Assert.NotNull(finding.Offset);
        Assert.Equal(
            $"record 'data.pkl' calls 'mymodel.Net' (NEWOBJ) at byte {finding.Offset}, and it is not known to be inert; where you trust it, -AllowGlobal 'mymodel.Net' lets it pass",
            finding.Message);
    }

    [Fact]
    public void TheOffsetIsThatOfTheOpcode()
    {
        byte[] archive = ZipBytes.PyTorch([.. Proto(2), .. Global("mymodel", "Net"), .. Stop]).Build();
        using var file = MutatedFile.With(archive);

        var verdict = CheckpointVerifier.Verify(file.Path, null, null, TestContext.Current.CancellationToken);

        var finding = Assert.Single(verdict.Findings, finding => finding.Code == FindingCodes.UnknownGlobal);
        Assert.Equal(archive.AsSpan().IndexOf("cmymodel\nNet\n"u8), finding.Offset);
    }

    [Theory]
    [InlineData("R", "REDUCE")]
    [InlineData("\u0081", "NEWOBJ")]
    [InlineData(".", null)]
    public void SaysByWhichOpcodeItIsCalled(string opcode, string? expected)
    {
        byte[] pickle = [.. Proto(2), .. Global("mymodel", "Net"), .. expected is null ? Array.Empty<byte>() : [(byte)')', (byte)opcode[0]], .. Stop];

        string message = Verify(pickle).Findings.Single(finding => finding.Code == FindingCodes.UnknownGlobal).Message;

        Assert.Contains(expected is null ? "names 'mymodel.Net', without calling it" : $"calls 'mymodel.Net' ({expected})", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(imymodel\nNet\n", "INST")]
    [InlineData("(cmymodel\nNet\no", "OBJ")]
    public void SaysThatItIsCalledByTheOldOpcodes(string pickle, string expected) => Assert.Contains(
        $"calls 'mymodel.Net' ({expected})",
        Verify([.. Proto(2), .. Ascii(pickle), .. Stop]).Findings.Single(finding => finding.Code == FindingCodes.UnknownGlobal).Message,
        StringComparison.Ordinal);

    [Fact]
    public void WhatIsAllowedIsToldAsInformation()
    {
        byte[] pickle = [.. Proto(2), .. Global("mymodel", "Net"), (byte)')', 0x81, .. Stop];

        var verdict = Verify(pickle, name => name == "mymodel.Net");

        Assert.True(verdict.Passed);
        Assert.Single(verdict.Findings, finding => finding is { Code: FindingCodes.UnknownGlobal, Severity: FindingSeverity.Information });
    }

    [Fact]
    public void WhatIsDangerousIsNeverAskedAbout()
    {
        var asked = new List<string>();
        Verify(
            [.. Proto(4), .. StackGlobal("mymodels.utils", "os.system"), .. StackGlobal("mymodels", "Net"), 0x86, .. Stop],
            name =>
            {
                asked.Add(name);
                return true;
            });

        Assert.Equal(["mymodels.Net"], asked);
    }

    /// <summary>
    /// numpy.float64 of an object that claims to be an array gives a view of any address; a pickle can make such an object, and
    /// write to the view by SETITEM.
    /// </summary>
    [Fact]
    public void ATypeOfNumpyIsKnownAsAValueAndNotAsAFunction()
    {
        byte[] type = Global("numpy", "float64");
        Assert.True(Verify([.. Proto(2), .. type, .. Stop]).Passed);
        Assert.Equal(["numpy.float64"], Open([.. Proto(2), .. type, .. Text("1"), 0x85, (byte)'R', .. Stop]).UnknownGlobals);
    }

    [Fact]
    public void AKnownFunctionThatCallsItsArgumentsCallsThem()
    {
        byte[] inner = [.. Global("numpy", "float64"), .. Global("torch", "Tensor"), (byte)')', 0x87];
        Assert.Equal(
            ["numpy.float64"], Open([.. Proto(2), .. Global("torch._tensor", "_rebuild_from_type_v2"), .. inner, (byte)'R', .. Stop]).UnknownGlobals);
    }

    [Fact]
    public void TheSettingsOfATrainerAreKnownWhenMadeAndNotWhenCalled()
    {
        byte[] type = Global("transformers.training_args", "TrainingArguments");
        Assert.Empty(Open([.. Proto(2), .. type, (byte)')', 0x81, (byte)'}', (byte)'b', .. Stop]).UnknownGlobals);
        Assert.NotEmpty(Open([.. Proto(2), .. type, (byte)')', (byte)'R', .. Stop]).UnknownGlobals);
    }

    [Fact]
    public void AnObjectOfProtocol0IsMadeAndNotCalled()
    {
        byte[] arguments = [(byte)'(', .. Global("transformers.training_args", "TrainingArguments"), .. Global("builtins", "object"), (byte)'N', (byte)'t'];
        Assert.Empty(Open([.. Proto(2), .. Global("copyreg", "_reconstructor"), .. arguments, (byte)'R', .. Stop]).UnknownGlobals);
    }

    [Fact]
    public void WhatThePickleMakesAndThenCallsIsDangerous()
    {
        byte[] layer = [.. Global("torch.nn.modules.linear", "Identity"), (byte)')', 0x81];
        Assert.Equal(["<computed>"], Open([.. Proto(2), .. layer, (byte)')', (byte)'R', .. Stop]).UnsafeGlobals);
    }

    [Theory]
    [InlineData("__setstate__")]
    [InlineData("__array_interface__")]
    [InlineData("__reduce_ex__")]
    public void AnAttributeThatPythonWouldCallIsDangerous(string attribute)
    {
        byte[] made = [.. Global("types", "SimpleNamespace"), (byte)')', 0x81, (byte)'}', .. Text(attribute), .. Global("builtins", "len"), (byte)'s', (byte)'b'];
        Assert.Equal([$"types.SimpleNamespace.{attribute}"], Open([.. Proto(2), .. made, .. Stop]).UnsafeGlobals);
    }

    [Fact]
    public void ASecondStateIsACallOfWhatTheFirstOneBrought()
    {
        byte[] made = [.. Global("types", "SimpleNamespace"), (byte)')', 0x81, (byte)'}', (byte)'b', (byte)'}', (byte)'b'];
        Assert.Equal(["types.SimpleNamespace.__setstate__"], Open([.. Proto(2), .. made, .. Stop]).UnsafeGlobals);
    }

    /// <summary>A configuration works its interpolations out when it is asked for its items, by functions that a program registered.</summary>
    [Theory]
    [InlineData("list")]
    [InlineData("dict")]
    [InlineData("repr")]
    [InlineData("sorted")]
    public void AFunctionThatAsksAnObjectIsUnknownWhereTheObjectIsOnlyKnownToBeMade(string function)
    {
        byte[] made = [.. Global("omegaconf.listconfig", "ListConfig"), (byte)')', 0x81, (byte)'}', (byte)'b'];
        byte[] call = [.. Global("builtins", function), .. made, 0x85, (byte)'R'];

        Assert.Equal(["builtins." + function], Open([.. Proto(2), .. call, .. Stop]).UnknownGlobals);
    }

    [Fact]
    public void AFunctionOfObjectsDeepInItsArgumentsIsUnknownToo()
    {
        byte[] made = [.. Global("omegaconf.listconfig", "ListConfig"), (byte)')', 0x81];
        byte[] call = [.. Global("builtins", "repr"), (byte)']', .. made, (byte)'a', 0x85, (byte)'R'];

        Assert.Equal(["builtins.repr"], Open([.. Proto(2), .. call, .. Stop]).UnknownGlobals);
    }

    [Theory]
    [InlineData("set", "K\u0001")]
    [InlineData("list", "]")]
    public void AFunctionOfPlainDataIsKnown(string function, string item)
    {
        byte[] call = [.. Global("builtins", function), (byte)']', .. item.Select(character => (byte)character), (byte)'a', 0x85, (byte)'R'];

        Assert.Empty(Open([.. Proto(2), .. call, .. Stop]).UnknownGlobals);
    }

    [Theory]
    [InlineData("torch.optim.adam", "Adam", "_patch_step_function")]
    [InlineData("torch.optim.sgd", "SGD", "_hook_for_profile")]
    [InlineData("torch.optim.sgd", "SGD", "profile_hook_step")]
    [InlineData("types", "SimpleNamespace", "setdefault")]
    [InlineData("argparse", "Namespace", "pop")]
    public void AFunctionInThePlaceOfAMethodThatIsCalledIsDangerous(string module, string type, string method)
    {
        byte[] state = [(byte)'}', .. Text(method), .. Global("torch.nn.functional", "relu"), (byte)'s'];
        byte[] made = [.. Global(module, type), (byte)')', 0x81, .. state, (byte)'b'];

        Assert.Equal([$"{module}.{type}.{method}"], Open([.. Proto(2), .. made, .. Stop]).UnsafeGlobals);
    }

    [Fact]
    public void AnItemThatReadsAsAnAttributeIsOne()
    {
        // AttributeDict looks attributes up among its items, and BUILD asks for __setstate__.
        byte[] made = [.. Global("lightning.fabric.utilities.data", "AttributeDict"), (byte)')', 0x81];
        byte[] pickle = [.. Proto(2), .. made, .. Text("__setstate__"), .. Global("builtins", "len"), (byte)'s', (byte)'}', (byte)'b', .. Stop];

        Assert.Equal(["lightning.fabric.utilities.data.AttributeDict.__setstate__"], Open(pickle).UnsafeGlobals);
    }

    [Fact]
    public void AValueUnderTheNameOfAMethodIsAnAttributeAsAnyOther()
    {
        byte[] made = [.. Global("argparse", "Namespace"), (byte)')', 0x81, .. Dict(("values", Int(3))), (byte)'b'];

        Assert.Empty(Open([.. Proto(2), .. made, .. Stop]).UnsafeGlobals);
    }

    private static Checkpoint Open(byte[] pickle)
    {
        using var file = MutatedFile.With(ZipBytes.PyTorch(pickle).Build());
        return file.Open();
    }

    private static CheckpointVerdict Verify(byte[] pickle, Func<string, bool>? allows = null)
    {
        using var file = MutatedFile.With(ZipBytes.PyTorch(pickle).Build());
        return CheckpointVerifier.Verify(
            file.Path, new VerificationOptions { AllowsGlobal = allows }, null, TestContext.Current.CancellationToken);
    }
}
