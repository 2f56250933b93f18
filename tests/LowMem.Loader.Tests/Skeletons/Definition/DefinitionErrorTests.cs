using LowMem.Loader.Modules;

namespace LowMem.Loader.Tests.Skeletons.Definition;

/// <summary>Text that is not understood: where, what, and what can be done.</summary>
public class DefinitionErrorTests
{
    [Theory]
    [InlineData("", "line 1, column 1: the text ends where a class name was expected")]
    [InlineData("  \n ", "line 2, column 2: the text ends where a class name was expected")]
    [InlineData("42", "line 1, column 1: a class name was expected, not '42'")]
    [InlineData(">>> print(model)", "a class name was expected, not '>>> print(model)'. Give the text that print(model) writes")]
    [InlineData("Linear", "line 1, column 7: '(' was expected after the class name 'Linear'")]
    [InlineData("Net(\n  (a): Tanh()\n", "line 1, column 1: the parentheses of 'Net' are not closed. Is the end of the text missing?")]
    [InlineData("Net(\n  (a): Tanh(\n)", "line 1, column 1: the parentheses of 'Net' are not closed")]
    [InlineData("Tanh()\nTanh()", "line 2, column 1: 'Tanh()' follows the end of the model")]
    [InlineData("Tanh())", "line 1, column 7: ')' follows the end of the model")]
    [InlineData("Net(\n  (a): Tanh()\n  what is this\n)", "line 3, column 3: neither a child as in '(name): Class(...)' nor ')' of 'Net', but 'what is this'")]
    [InlineData("Net(\n  (a): Tanh()\n  (a): ReLU()\n)", "line 3, column 3: there are two modules named 'a' in this 'Net'")]
    [InlineData("Net(]", "line 1, column 5: ']' closes nothing that is open in 'Net'")]
    [InlineData("Net(\n  bias}\n)", "line 2, column 7: '}' closes nothing that is open in 'Net'")]
    [InlineData("Net(\n  (a.b): Tanh()\n)", "line 2, column 3: 'a.b' cannot name a module")]
    [InlineData("Net(\n  (): Tanh()\n)", "line 2, column 3: '' cannot name a module")]
    [InlineData("Net(\n  (0-11): 13 x Tanh()\n)", "line 2, column 3: '0-11' and '13 x' do not agree")]
    [InlineData("Net(\n  (5-3): 1 x Tanh()\n)", "line 2, column 3: '5-3' and '1 x' do not agree")]
    [InlineData("Net(\n  (first): 2 x Tanh()\n)", "line 2, column 3: 'first' and '2 x' do not agree")]
    [InlineData("Net(\n  (0-2): 3 x Tanh()\n  (2): Tanh()\n)", "line 3, column 3: there are two modules named '2'")]
    [InlineData("Net(\n  (0): Linear(in_features=2, out_features=x)\n)", "line 2, column 43: out_features of 'Linear' is 'x', where a whole number was expected")]
    [InlineData("Linear(in_features=2)", "line 1, column 1: the text does not say out_features of 'Linear'")]
    [InlineData("Linear(in_features=2, out_features=2, bias=1)", "bias of 'Linear' is '1', where True or False was expected")]
    [InlineData("Linear(in_features=2, out_features=2, rank=4)", "line 1, column 44: the argument rank=4 of 'Linear' is not known")]
    [InlineData("Linear(in_features=2, in_features=2)", "line 1, column 35: 'in_features' is given to 'Linear' twice")]
    [InlineData("Linear(2, 3)", "line 1, column 8: 'Linear' takes no value '2' without a name after 0 of them")]
    [InlineData("Linear(in_features=-2, out_features=2)", "line 1, column 20: in_features of 'Linear' is '-2', where a number of at least 0 was expected")]
    [InlineData("Linear(in_features=9000000000000000000, out_features=9000000000000000000)", "line 1, column 1: 'Linear' cannot be made: ")]
    [InlineData("Linear(in_features=99999999999999999999, out_features=2)", "where a whole number was expected")]
    [InlineData("Embedding(9000000000000000000, 9000000000000000000)", "'Embedding' cannot be made: ")]
    [InlineData("LSTM(3, 4, num_layers=1000000000000)", "num_layers of 'LSTM' is 1000000000000; 1 to 10000 are taken")]
    [InlineData("Conv2d(3, 4, kernel_size=(3, 3, 3), stride=(1, 1))", "kernel_size of 'Conv2d' is '(3, 3, 3)', where 2 numbers was expected")]
    [InlineData("Conv2d(3, 4, kernel_size=(3, 3), groups=0)", "groups of 'Conv2d' is '0', where a number of at least 1 was expected")]
    [InlineData("Conv2d(3, 4, kernel_size=(3, 3), groups=2)", "line 1, column 8: in_channels of 'Conv2d' is '3', where a multiple of groups=2 was expected")]
    [InlineData("Conv2d(3, 4, kernel_size=(0, 3))", "kernel_size of 'Conv2d' is '0', where a number of at least 1 was expected")]
    [InlineData("Conv2d(3, 4, kernel_size=(3, 3), padding=(-1, 0))", "padding of 'Conv2d' is '-1', where a number of at least 0 was expected")]
    [InlineData("ConvTranspose2d(3, 4, kernel_size=(3, 3), stride=(0, 1))", "stride of 'ConvTranspose2d' is '0', where a number of at least 1 was expected")]
    [InlineData("BatchNorm2d(-3)", "num_features of 'BatchNorm2d' is '-3', where a number of at least 0 was expected")]
    [InlineData("GroupNorm(0, 4)", "num_groups of 'GroupNorm' is '0', where a number of at least 1 was expected")]
    [InlineData("GroupNorm(3, 4)", "num_channels of 'GroupNorm' is '4', where a multiple of num_groups=3 was expected")]
    [InlineData("LayerNorm((4, -1))", "normalized_shape of 'LayerNorm' is '-1', where a number of at least 0 was expected")]
    [InlineData("Embedding(-1, 4)", "num_embeddings of 'Embedding' is '-1', where a number of at least 0 was expected")]
    [InlineData("Embedding(4, 4, padding_idx=4)", "line 1, column 1: padding_idx of 'Embedding' is 4, which is none of its 4 rows")]
    [InlineData("LSTM(3, -4)", "hidden_size of 'LSTM' is '-4', where a number of at least 1 was expected")]
    [InlineData("Dropout(p=1.5)", "p of 'Dropout' is '1.5', where a number from 0 to 1 was expected")]
    [InlineData("PixelUnshuffle(downscale_factor=0)", "downscale_factor of 'PixelUnshuffle' is '0', where a number of at least 1 was expected")]
    [InlineData("ChannelShuffle(groups=0)", "groups of 'ChannelShuffle' is '0', where a number of at least 1 was expected")]
    [InlineData("Conv2d(3, 4, kernel_size=(3, 3), padding=most)", "padding of 'Conv2d' is 'most', where one of same, valid was expected")]
    [InlineData("Conv2d(3, 4, kernel_size=(3, 3", "are not closed")]
    [InlineData("Dropout(p=)", "line 1, column 11: a value was expected")]
    [InlineData("Dropout(p=0.5 0.5)", "line 1, column 15: ',' was expected, not '0'")]
    [InlineData("Dropout(p='a)", "line 1, column 11: the quote is not closed")]
    [InlineData("Dropout(p=((((((((((1)))))))))))", "8 levels of parentheses")]
    [InlineData("LazyLinear(in_features=0, out_features=10, bias=True)", "Run the model once in PyTorch and print it again")]
    [InlineData("Net(\n  (a): Quantized(in_features=2)\n)", "line 2, column 8: the class 'Quantized' is not known")]
    [InlineData("T5LayerNorm()", "the text does not say the sizes of 'T5LayerNorm'. Give the model's checkpoint with -Checkpoint")]
    [InlineData("Conv1D()", "the text does not say the sizes of 'Conv1D'. Give the model's checkpoint with -Checkpoint")]
    [InlineData("ParameterList((0): Parameter containing: [torch.float32 of size 2xa])", "is not the type and size of a parameter")]
    [InlineData("ParameterList((0): Parameter containing: [torch.float33 of size 2])", "is not the type and size of a parameter")]
    [InlineData("ParameterList((0): Parameter containing: two)", "line 1, column 42: the type and size of the parameter were expected")]
    [InlineData("A((out_proj): NonDynamicallyQuantizableLinear(in_features=2, out_features=3, bias=True))", "line 1, column 15: the out_proj of an attention has as many features in as out")]
    public void TheErrorSaysWhereAndWhat(string text, string part)
    {
        var error = Assert.Throws<ModelException>(() => Definitions.Build(text));

        Assert.Equal("SkeletonInvalid", error.ErrorId);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("The definition, line ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void NestingHasABound()
    {
        using var deep = Definitions.Build(Nest(100));
        Assert.Equal(100, ModuleTree.Walk(deep).Count());

        var error = Assert.Throws<ModelException>(() => Definitions.Build(Nest(101)));
        Assert.Contains("line 101, column 1: modules are nested more than 100 levels deep", error.Message, StringComparison.Ordinal);
        Assert.Throws<ModelException>(() => Definitions.Build(Nest(1_000_000)));

        static string Nest(int depth) => string.Join("(\n(a): ", Enumerable.Repeat("A", depth)) + "(" + new string(')', depth);
    }

    [Theory]
    [InlineData("A((0-1000000): 1000001 x Tanh())")]
    [InlineData("A((0-999): 1000 x B((0-999): 1000 x C((0-1): 2 x Tanh())))")]
    [InlineData("A((0-2147483646): 2147483647 x Tanh())")]
    public void TheNumberOfModulesHasABound(string text)
    {
        var error = Assert.Throws<ModelException>(() => Definitions.Build(text));

        Assert.Contains("the text describes more than 1000000 modules", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheLengthHasABound()
    {
        var error = Assert.Throws<ModelException>(() => Definitions.Build(new string(' ', (16 * 1024 * 1024) + 1)));

        Assert.Contains("16777217 characters; at most 16777216 are taken", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A(x\n", 3_000_000)]
    [InlineData("(", 3_000_000)]
    [InlineData("A('", 3_000_000)]
    [InlineData("A(\nx\nx\n", 2_000_000)]
    public async Task LongNonsenseHasAnEnd(string piece, int count)
    {
        // A second is expected; work that grows with the square of the length would take hours.
        await Assert.ThrowsAsync<ModelException>(() => Task
            .Run(() => Definitions.Build(string.Concat(Enumerable.Repeat(piece, count))), TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void ItCanBeInterrupted()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Assert.Throws<OperationCanceledException>(
            () => LowMem.Loader.Skeletons.SkeletonBuilder.FromDefinition("A((a): Tanh())", null, null, null, null, null, cancelled.Token));
    }
}
