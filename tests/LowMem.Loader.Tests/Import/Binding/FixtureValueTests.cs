using System.Text.Json;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Values;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using LowMem.Loader.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import.Binding;

/// <summary>Every value that PyTorch holds after loading a fixture, bit by bit, mapped and copied.</summary>
public class FixtureValueTests
{
    public static TheoryData<string, bool> Readable
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var expectation in Directory.EnumerateFiles(TestFiles.Fixtures, "*.expected.json").Order(StringComparer.Ordinal))
            {
                using var json = JsonDocument.Parse(File.ReadAllText(expectation));
                var name = Path.GetFileName(expectation)[..^".expected.json".Length];

                if (json.RootElement.TryGetProperty("tensors", out _))
                {
                    data.Add(name, false);
                    data.Add(name, true);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void ValuesShapesAndStridesAreThoseOfPyTorch(string fixture, bool resident)
    {
        var path = Directory.Exists(Path.Combine(TestFiles.Fixtures, fixture))
            ? Path.Combine(TestFiles.Fixtures, fixture)
            : Directory.GetFiles(TestFiles.Fixtures, fixture + ".*").Single(file => !file.EndsWith(".expected.json", StringComparison.Ordinal));
        var checkpoint = Checkpoint.Open(path, TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(TestFiles.Fixtures, fixture + ".expected.json")));
        var expected = json.RootElement.GetProperty("tensors").EnumerateArray().ToList();
        // Keys pair them; order, and the name of a root that is a tensor itself, are for the reader's tests.
        var loadable = checkpoint.Tensors
            .Select(tensor => (First: tensor, Second: expected.Single(wanted => expected.Count == 1 || wanted.GetProperty("key").GetString() == tensor.Key)))
            .Where(pair => IsLoadable(pair.First)).ToList();
        var plan = new ImportPlan("", [.. loadable.Select(pair => Plan(pair.First))], [], []);
        using var reader = new TensorDataReader(checkpoint);
        using var materializer = new TensorMaterializer(
            checkpoint, plan, CPU, resident, reader, progress: null, TestContext.Current.CancellationToken);
        var values = materializer.Create();
        foreach (var (value, (source, wanted)) in values.Zip(loadable))
        {
            Assert.Equal(GetLongs(wanted, "shape"), value.shape);
            if (value.numel() > 0 && ((!resident && FileTensors.AreUsable(source)) || DistinctElements.Of(source).Tensor.IsContiguous))
            {
                // The gaps of a storage are not copied; and the step of a dimension of one element means nothing.
                Assert.Equal(GetSteps(GetLongs(wanted, "stride"), value.shape), GetSteps(value.stride(), value.shape));
            }

            Assert.Equal((source.Key, wanted.GetProperty("sha256").GetString()), (source.Key, TestFiles.GetHash(value)));
            value.Dispose();
        }
    }

    private static IEnumerable<long> GetSteps(long[] stride, long[] shape) =>
        stride.Zip(shape).Where(pair => pair.Second > 1).Select(pair => pair.First);

    private static bool IsLoadable(TensorInfo tensor) =>
        tensor.UnreadableReason is null
        && ScalarTypes.Find(tensor.DType) is not null
        && DType.Get(tensor.DType).Kind != DTypeKind.Quantized;

    private static PlannedTensor Plan(TensorInfo tensor)
    {
        var type = ScalarTypes.Find(tensor.DType)!.Value;
        var slot = new ModuleParameter(nn.Identity(), empty(0, device: META), [], native: null)
        {
            Key = tensor.Key,
            Name = tensor.Key,
            ModulePath = "",
            ModuleType = "Identity",
            Shape = tensor.Shape,
            DType = tensor.DType,
            Device = "meta",
            ByteLength = tensor.ByteLength,
            IsBuffer = true,
            IsPersistent = true,
            RequiresGrad = false,
        };
        return new PlannedTensor(slot, tensor, type, type, RequiresGrad: false);
    }

    private static long[] GetLongs(JsonElement tensor, string name) =>
        [.. tensor.GetProperty(name).EnumerateArray().Select(number => number.GetInt64())];
}
