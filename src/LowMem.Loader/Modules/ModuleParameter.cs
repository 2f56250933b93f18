using LowMem.Checkpoints.Diagnostics;
using static TorchSharp.torch;

namespace LowMem.Loader.Modules;

/// <summary>One entry of a module's state dict: its key, and the submodule that owns it.</summary>
public sealed class ModuleParameter
{
    internal ModuleParameter(nn.Module module, Tensor tensor, IReadOnlyList<ModuleParameter> ties, NativeTensor? native)
    {
        Module = module;
        Tensor = tensor;
        Ties = ties;
        Native = native;
    }

    /// <summary>The name in the state dict: <see cref="ModulePath"/> and <see cref="Name"/>, joined by a dot.</summary>
    public required string Key { get; init; }

    /// <summary>
    /// The name inside the submodule. It has dots itself when TorchSharp shows a whole tree of C++ modules as
    /// one module (TransformerEncoder: <c>layers.0.linear1.weight</c>).
    /// </summary>
    public required string Name { get; init; }

    /// <summary>The names of the modules from the root down to the owner, joined by dots; empty for the root.</summary>
    public required string ModulePath { get; init; }

    /// <summary>The name of the type of the submodule, such as <c>Linear</c>.</summary>
    public required string ModuleType { get; init; }

    /// <summary>The size of each dimension, in elements; empty for a zero-dim tensor.</summary>
    public required long[] Shape { get; init; }

    /// <summary>PyTorch's name of the element type, such as <c>float32</c>.</summary>
    public required string DType { get; init; }

    /// <summary>Where the values are: <c>cpu</c>, <c>cuda:0</c>, or <c>meta</c> when there are none.</summary>
    public required string Device { get; init; }

    /// <summary>The bytes its elements take, or would take on a real device.</summary>
    public required long ByteLength { get; init; }

    /// <summary>True for a buffer, false for a parameter.</summary>
    public required bool IsBuffer { get; init; }

    /// <summary>False for a buffer that is no part of the state dict: its value is computed, never loaded.</summary>
    public required bool IsPersistent { get; init; }

    /// <summary>Whether it wants a gradient.</summary>
    public required bool RequiresGrad { get; init; }

    /// <summary>The key of the first entry that is the same tensor, or null when this is the first or only one.</summary>
    public string? TiedTo { get; init; }

    /// <summary>The submodule that owns it.</summary>
    internal nn.Module Module { get; }

    /// <summary>The tensor that the module holds, as it is registered.</summary>
    internal Tensor Tensor { get; }

    /// <summary>Every entry that is the same tensor, this one included; shared by all of them.</summary>
    internal IReadOnlyList<ModuleParameter> Ties { get; }

    /// <summary>The tensor that C++ code computes with, or null when the module is managed code all through.</summary>
    internal NativeTensor? Native { get; }

    /// <summary>Whether C++ code computes with the tensor, under whichever of its names.</summary>
    internal bool HasNative
    {
        get
        {
            foreach (var tie in Ties)
            {
                if (tie.Native is not null)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>The submodule that owns it.</summary>
    /// <remarks>
    /// No property: what turns objects into text, such as ConvertTo-Json, follows every property, and from a live module
    /// comes to each tensor's values, gradients and transposes.
    /// </remarks>
    public nn.Module GetModule() => Module;

    /// <inheritdoc/>
    public override string ToString() => DisplayText.Name(Key);
}
