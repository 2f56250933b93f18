using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Definition.Families;

/// <summary>A class of layers that can be made of what its text says.</summary>
/// <param name="Name">The class as it is printed.</param>
/// <param name="Positional">The names of the arguments that are printed without one, in order.</param>
/// <param name="Create">Makes the layer, with meta as the default device.</param>
internal sealed record LayerKind(string Name, string[] Positional, Func<LayerArguments, nn.Module> Create);
