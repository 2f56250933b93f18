using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

// Fields are named like the attributes of the Python class: they are the names that keys are made of.
public sealed class ResidualModel : Module<Tensor, Tensor>
{
    private readonly Linear in_proj;
    private readonly Sequential blocks;
    private readonly Linear out_proj;

    public ResidualModel(long width)
        : base(nameof(ResidualModel))
    {
        in_proj = Linear(2, width);
        blocks = Sequential(new Block(width), new Block(width));
        out_proj = Linear(width, 2);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => out_proj.call(blocks.call(in_proj.call(input)));
}

public sealed class Block : Module<Tensor, Tensor>
{
    private readonly Linear fc1;
    private readonly Linear fc2;

    public Block(long width)
        : base(nameof(Block))
    {
        fc1 = Linear(width, width);
        fc2 = Linear(width, width);
        RegisterComponents();
    }

    // What print(model) does not show: the input is added to the output.
    public override Tensor forward(Tensor input) => input + fc2.call(functional.relu(fc1.call(input)));
}
