using System.Text.Json;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Values;

/// <summary>What PyTorch and NumPy say of slices and of tensors of fixtures: see make_tensor_values.py.</summary>
internal static class TensorValues
{
    public static JsonElement Root { get; } =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(FixtureFiles.Directory, "tensor-values.json"))).RootElement;
}
