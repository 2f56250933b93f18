using LowMem.Loader.Skeletons.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Definition.Families;

/// <summary>Normalizing layers.</summary>
internal static class NormLayers
{
    private const double Epsilon = 1e-5;
    private const double UnprintedEpsilon = 1e-6;

    private static readonly string[] Features = ["num_features"];
    private static readonly string[] Shape = ["normalized_shape"];

    // Gemma multiplies by the weight plus one.
    private static readonly string[] PlusOne = ["GemmaRMSNorm", "Gemma2RMSNorm", "Gemma3RMSNorm"];

    public static IEnumerable<LayerKind> All =>
    [
        new("BatchNorm1d", Features, arguments => CreateBatchNorm(arguments, nn.BatchNorm1d)),
        new("BatchNorm2d", Features, arguments => CreateBatchNorm(arguments, nn.BatchNorm2d)),
        new("BatchNorm3d", Features, arguments => CreateBatchNorm(arguments, nn.BatchNorm3d)),
        new("SyncBatchNorm", Features, arguments => CreateBatchNorm(
            arguments, (features, eps, _, affine, tracks, _, _) => new SyncBatchNorm(features, eps, affine, tracks))),
        new("FrozenBatchNorm2d", Features, arguments =>
            new FrozenBatchNorm2d(arguments.Long("num_features"), arguments.Double("eps", Epsilon))),
        new("InstanceNorm1d", Features, arguments => CreateInstanceNorm(arguments, nn.InstanceNorm1d)),
        new("InstanceNorm2d", Features, arguments => CreateInstanceNorm(arguments, nn.InstanceNorm2d)),
        new("InstanceNorm3d", Features, arguments => CreateInstanceNorm(arguments, nn.InstanceNorm3d)),
        new("LayerNorm", Shape, CreateLayerNorm),
        new("FusedLayerNorm", Shape, CreateLayerNorm),
        new("GroupNorm", ["num_groups", "num_channels"], arguments => nn.GroupNorm(
            arguments.Divisor("num_groups", null, "num_channels"),
            arguments.Long("num_channels"),
            arguments.Double("eps", Epsilon),
            arguments.Bool("affine", true))),
        new("LocalResponseNorm", ["size"], arguments => nn.LocalResponseNorm(
            arguments.Long("size"),
            arguments.Double("alpha", 1e-4),
            arguments.Double("beta", 0.75),
            arguments.Double("k", 1))),
        RootMeanSquare,
    ];

    /// <summary>RMSNorm, and the classes of the same form that most language models bring along.</summary>
    public static LayerKind RootMeanSquare { get; } = new("RMSNorm", Shape, CreateRootMeanSquare);

    private delegate NormBase NormConstructor(
        long features, double eps, double momentum, bool affine, bool tracks, Device? device, ScalarType? dtype);

    private static NormBase CreateBatchNorm(LayerArguments arguments, NormConstructor create) =>
        Create(arguments, create, fallback: true);

    private static NormBase CreateInstanceNorm(LayerArguments arguments, NormConstructor create) =>
        Create(arguments, create, fallback: false);

    private static NormBase Create(LayerArguments arguments, NormConstructor create, bool fallback)
    {
        double? momentum = arguments.IsNone("momentum") ? null : arguments.Double("momentum") ?? 0.1;
        var norm = create(
            arguments.Long("num_features"),
            arguments.Double("eps", Epsilon),
            momentum ?? 0,
            arguments.Bool("affine", fallback),
            arguments.Bool("track_running_stats", fallback),
            null,
            null);

        // None is a cumulative average, which the constructors cannot be told.
        norm.momentum = momentum;
        return norm;
    }

    // PyTorch does not print whether there is a bias, and a class of the same name in a model prints nothing at all: a
    // checkpoint knows.
    private static LayerNorm CreateLayerNorm(LayerArguments arguments) => nn.LayerNorm(
        arguments.IsEmpty ? arguments.RequireShape("weight") : arguments.Shape("normalized_shape"),
        arguments.Double("eps", Epsilon),
        arguments.Bool("elementwise_affine", true),
        arguments.Bool("bias", arguments.FindShape("weight") is null || arguments.FindShape("bias") is not null));

    // A class that prints nothing is one of a language model, and those have this epsilon unless told otherwise.
    private static RMSNorm CreateRootMeanSquare(LayerArguments arguments) => new(
        arguments.IsEmpty ? arguments.RequireShape("weight") : arguments.Shape("normalized_shape"),
        arguments.IsEmpty ? UnprintedEpsilon : arguments.Double("eps"),
        arguments.Bool("elementwise_affine", true),
        PlusOne.Contains(arguments.ClassName));
}
