using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Modules;

/// <summary>A language model in small: the head shares the weight of the embedding, and a field caches it.</summary>
internal sealed class TiedModel : nn.Module<Tensor, Tensor>
{
    public readonly Embedding embed = nn.Embedding(7, 4);
    public readonly Linear body = nn.Linear(4, 4);
    public readonly Linear head = nn.Linear(4, 7, hasBias: false);
    public readonly Parameter scale = nn.Parameter(ones(4, device: CPU) * 2);

    // Not registered: an array is a place TorchSharp does not look into.
    public readonly Tensor[] cached;

    public TiedModel()
        : base(nameof(TiedModel))
    {
        head.weight = embed.weight!;
        RegisterComponents();
        register_buffer("steps", zeros(1, dtype: ScalarType.Int64, device: CPU));
        register_buffer("inverse", ones(4, device: CPU) / 3, persistent: false);
        cached = [body.weight, embed.weight!];
    }

    public override Tensor forward(Tensor input)
    {
        var inverse = get_buffer("inverse")!;
        return head.call(body.call(embed.call(input)) * scale * inverse);
    }
}
