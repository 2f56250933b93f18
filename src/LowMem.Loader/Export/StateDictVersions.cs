using static TorchSharp.torch;

namespace LowMem.Loader.Export;

/// <summary>The versions of module classes that PyTorch notes in a state dict (<c>_version</c>, <c>nn.Module.state_dict</c>).</summary>
internal static class StateDictVersions
{
    private const long First = 1;

    /// <summary>Norms with running statistics, since they count their batches (<c>torch/nn/modules/batchnorm.py</c>).</summary>
    private const long OfNorms = 2;

    public static long Of(nn.Module module) => module.GetType().Name is
        "BatchNorm1d" or "BatchNorm2d" or "BatchNorm3d" or "InstanceNorm1d" or "InstanceNorm2d" or "InstanceNorm3d"
        ? OfNorms
        : First;
}
