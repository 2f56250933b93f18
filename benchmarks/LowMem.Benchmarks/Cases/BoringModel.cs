using LowMem.CheckpointMaker;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Benchmarks.Cases;

/// <summary>The article's model, wide and deep enough to weigh something.</summary>
internal sealed class BoringModel : nn.Module<Tensor, Tensor>
{
    private readonly Linear in_proj;
    private readonly Sequential stages;
    private readonly Linear out_proj;

    public BoringModel(WideBoringModel size, Device device)
        : base(nameof(BoringModel))
    {
        var width = size.Width;
        in_proj = nn.Linear(2, width, device: device);
        stages = nn.Sequential(Enumerable.Range(0, size.Stages).Select(_ => nn.Linear(width, width, device: device)));
        out_proj = nn.Linear(width, 2, device: device);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => out_proj.call(stages.call(in_proj.call(input)));
}
