using LowMem.Checkpoints.Exploring;

namespace LowMem.Checkpoints.Tests.Exploring;

/// <summary>A path leads to one thing, and each thing has one path.</summary>
public sealed class CheckpointPlaceTests
{
    private static readonly string[] OddKeys =
        ["", ".", "a..b", "..", "x/y", "x\\y", "c:d", "w[0]", "~", "%empty", "%tensor", "a", "a.b", "both", "n\0", "\u202ee", "t.", "épo"];

    [Fact]
    public void EveryTensorAndValueHasAPathThatLeadsBack()
    {
        var tree = TreeOf(OddKeys, new Dictionary<string, object?> { ["both"] = 1, ["a.b.c"] = "text", ["epoch"] = 3 });
        var found = new List<string>();
        var open = new Stack<(CheckpointPlace Place, string[] Path)>([(CheckpointPlace.Of(tree), [])]);
        while (open.TryPop(out var entry))
        {
            Assert.Equal(entry.Place, CheckpointPlace.Find(tree, entry.Path));
            if (entry.Place.Kind != PlaceKind.Module)
            {
                found.Add($"{entry.Place.Kind} {entry.Place.Node.Key}");
            }

            foreach (var child in entry.Place.GetChildren())
            {
                open.Push((child, [.. entry.Path, child.Part]));
            }
        }

        Assert.Equal(
            OddKeys.Select(key => $"Tensor {key}").Concat(["Value both", "Value a.b.c", "Value epoch"]).Order(StringComparer.Ordinal),
            found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AKeyThatBeginsAnotherIsAModuleWithItsTensorInIt()
    {
        var tree = TreeOf(["a", "a.b"], []);

        Assert.Equal(PlaceKind.Module, CheckpointPlace.Find(tree, ["a"])!.Kind);
        Assert.Equal("a", CheckpointPlace.Find(tree, ["a", "%tensor"])!.Node.Tensor!.Key);
        Assert.Equal(["%tensor", "b"], CheckpointPlace.Find(tree, ["a"])!.GetChildren().Select(child => child.Part));
        Assert.Null(CheckpointPlace.Find(tree, ["a", "%value"]));
        Assert.Null(CheckpointPlace.Find(tree, ["a", "b", "%tensor"]));
    }

    private static CheckpointTree TreeOf(IEnumerable<string> keys, Dictionary<string, object?> values) => new(new Checkpoint
    {
        Path = "model.pt",
        Format = CheckpointFormats.Safetensors,
        Files = [],
        Values = values,
        Tensors =
        [
            .. keys.Select(key => new TensorInfo
            {
                Key = key,
                DType = "float32",
                Shape = [1],
                Stride = [1],
                ElementCount = 1,
                ByteLength = 4,
                Offset = 0,
                IsContiguous = true,
                Path = "model.pt",
                Checkpoint = "model.pt",
                Format = CheckpointFormats.Safetensors,
            }),
        ],
    });
}
