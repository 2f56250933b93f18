using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Modules;

/// <summary>A class as users write them: parameters and containers in fields, submodules of its own, frozen parts.</summary>
internal sealed class UserModel : nn.Module<Tensor, Tensor>
{
    private readonly Parameter scale = nn.Parameter(ones(4, device: CPU));
    private readonly Parameter frozen = nn.Parameter(ones(4, device: CPU), requires_grad: false);
    private readonly ParameterList offsets = nn.ParameterList(nn.Parameter(ones(4, device: CPU)), nn.Parameter(ones(1, device: CPU)));
    private readonly ParameterDict named = nn.ParameterDict(("gain", nn.Parameter(ones(4, device: CPU))));
    private readonly ModuleList<Block> blocks = nn.ModuleList(new Block(), new Block());
    private readonly ModuleDict<nn.Module<Tensor, Tensor>> heads =
        nn.ModuleDict<nn.Module<Tensor, Tensor>>(("first", nn.Linear(4, 2)), ("second", nn.Sequential(nn.Linear(4, 2), nn.Tanh())));

    public UserModel()
        : base(nameof(UserModel)) => RegisterComponents();

    public override Tensor forward(Tensor input)
    {
        var x = (input * scale) + frozen + offsets[0] + offsets[1];
        foreach (var block in blocks)
        {
            x = block.call(x * named["gain"]);
        }

        return heads["first"].call(x) + heads["second"].call(x);
    }

    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        private readonly Linear linear = nn.Linear(4, 4);
        private readonly LayerNorm norm = nn.LayerNorm(4);

        public Block()
            : base(nameof(Block)) => RegisterComponents();

        public override Tensor forward(Tensor input) => norm.call(linear.call(input));
    }
}
