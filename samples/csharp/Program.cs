using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Verification;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Skeletons;
using TorchSharp;
using static TorchSharp.torch;

// Lists a checkpoint, verifies it, loads it into a model without a second copy of the weights, and runs that.
var checkpoint = Checkpoint.Open(args[0]);
foreach (var tensor in checkpoint.Tensors)
{
    Console.WriteLine($"{tensor.Key} {tensor.DType} [{string.Join(", ", tensor.Shape)}]");
}

var verdict = CheckpointVerifier.Verify(args[0], new VerificationOptions { Level = VerificationLevel.Checksum });
Console.WriteLine(verdict.Passed ? "passed" : verdict.FirstFinding);
return verdict.Passed ? Run(checkpoint) : 1;

// A method of its own: LowMem finds libtorch before anything of TorchSharp is used.
static int Run(Checkpoint checkpoint)
{
    using var model = (nn.Module<Tensor, Tensor>)SkeletonBuilder.FromFactory(() => nn.Sequential(
        ("in_proj", nn.Linear(2, 10)),
        ("stages", nn.Sequential(nn.Linear(10, 10), nn.Linear(10, 10))),
        ("out_proj", nn.Linear(10, 2))));
    Console.WriteLine(ModelLoader.Load(model, checkpoint).MappedBytes);
    Console.WriteLine(string.Join(", ", model.call(ones(1, 2)).data<float>().ToArray()));
    return 0;
}
