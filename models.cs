using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

public sealed class Block : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> fc1, fc2;
    public Block(long size) : base(nameof(Block))
    {
        fc1 = Linear(size, size);
        fc2 = Linear(size, size);
        RegisterComponents();
    }
    public override Tensor forward(Tensor x) => x + fc2.call(functional.relu(fc1.call(x)));
}
public sealed class Net : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> blocks;
    public Net() : base(nameof(Net)) { blocks = Sequential(new Block(4), new Block(4)); RegisterComponents(); }
    public override Tensor forward(Tensor x) => blocks.call(x);
}
