namespace LowMem.Checkpoints;

/// <summary>The names of formats, as they stand in <see cref="TensorInfo.Format"/>.</summary>
public static class CheckpointFormats
{
    /// <summary>The zip archive that <c>torch.save</c> writes since PyTorch 1.6.</summary>
    public const string PyTorchZip = "pytorch-zip";

    /// <summary>The stacked pickles that <c>torch.save</c> wrote from PyTorch 0.1.10 to 1.5.</summary>
    public const string PyTorchLegacy = "pytorch-legacy";

    /// <summary>The tar archive that <c>torch.save</c> wrote from PyTorch 0.1.1 to 0.1.9.</summary>
    public const string PyTorchTar = "pytorch-tar";

    /// <summary>The archive that <c>torch.jit.save</c> and C++ <c>torch::save</c> write.</summary>
    public const string TorchScript = "torchscript";

    /// <summary>The archive that <c>torch.export.save</c> and AOTInductor write (<c>.pt2</c>).</summary>
    public const string TorchExport = "torch-export";

    /// <summary>A pickle and nothing else, as <c>pickle.dump</c> writes.</summary>
    public const string Pickle = "pickle";

    /// <summary>A safetensors file.</summary>
    public const string Safetensors = "safetensors";

    /// <summary>The directory that <c>torch.distributed.checkpoint</c> writes.</summary>
    public const string Distributed = "dcp";

    /// <summary>The file that <c>Module.save</c> of TorchSharp writes.</summary>
    public const string TorchSharp = "torchsharp";
}
