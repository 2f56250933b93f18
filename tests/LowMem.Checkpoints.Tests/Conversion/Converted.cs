using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Tests.Conversion;

/// <summary>Converts in tests.</summary>
internal static class Converted
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static ConversionReport Run(string source, string destination, ConversionOptions? options = null, ConversionSettings? settings = null) =>
        new ConversionRun(Plan(source, destination, options), settings ?? new ConversionSettings()).Run(null, Token);

    public static ConversionPlan Plan(string source, string destination, ConversionOptions? options = null) => ConversionPlan.Create(
        Checkpoint.Open(source, Token),
        ConversionDestination.Of(destination, Directory.Exists(destination), format: null, source),
        options ?? new ConversionOptions(),
        Token);

    /// <summary>The values of every tensor, packed.</summary>
    public static Dictionary<string, byte[]> ReadAll(string path)
    {
        var checkpoint = Checkpoint.Open(path, Token);
        Assert.Empty(checkpoint.Findings);
        using var reader = new TensorDataReader(checkpoint);
        return checkpoint.Tensors.ToDictionary(tensor => tensor.Key, tensor =>
        {
            byte[] bytes = new byte[tensor.ByteLength];
            reader.Read(tensor, 0, bytes, Token);
            return bytes;
        });
    }
}

/// <summary>Chooses keys by a function.</summary>
internal sealed class KeyChoice(Func<string, bool> includes) : IKeyFilter
{
    public IEnumerable<string> Unmatched => [];

    public bool Includes(string key) => includes(key);
}
