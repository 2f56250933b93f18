using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests;

/// <summary>The model of the article.</summary>
internal sealed class BoringModel : nn.Module<Tensor, Tensor>
{
    public readonly Linear in_proj;
    public readonly Sequential stages;
    public readonly Linear out_proj;

    public BoringModel(Device device)
        : base(nameof(BoringModel))
    {
        in_proj = nn.Linear(2, 10, device: device);
        stages = nn.Sequential(nn.Linear(10, 10, device: device), nn.Linear(10, 10, device: device));
        out_proj = nn.Linear(10, 2, device: device);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => out_proj.call(stages.call(in_proj.call(input)));
}
