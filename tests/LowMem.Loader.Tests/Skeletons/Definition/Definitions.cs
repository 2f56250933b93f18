using LowMem.Checkpoints;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Skeletons.Definition;

/// <summary>What the tests of definitions share.</summary>
internal static class Definitions
{
    /// <summary>One of tests/fixtures/definitions.</summary>
    public static string Read(string name) => File.ReadAllText(Path.Combine(TestFiles.Fixtures, "definitions", name));

    public static nn.Module Build(
        string text, Checkpoint? checkpoint = null, string? prefix = null, Func<string, bool>? isSequence = null) =>
        SkeletonBuilder.FromDefinition(text, checkpoint, prefix, source: null, isSequence, onLoss: null, TestContext.Current.CancellationToken);

    /// <summary>Keys and shapes of the state dict, in order.</summary>
    public static IEnumerable<string> Describe(nn.Module module) =>
        ModuleTree.GetParameters(module).Where(entry => entry.IsPersistent)
            .Select(entry => $"{entry.Key} [{string.Join(',', entry.Shape)}]");

    /// <summary>The learned numbers; tied ones count once.</summary>
    public static long CountParameters(nn.Module module) =>
        ModuleTree.GetParameters(module).Where(entry => !entry.IsBuffer && entry.TiedTo is null)
            .Sum(entry => entry.Shape.Aggregate(1L, (product, size) => product * size));
}
