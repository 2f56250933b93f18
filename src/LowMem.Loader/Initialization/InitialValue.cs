using static TorchSharp.torch;

namespace LowMem.Loader.Initialization;

/// <summary>How the values of a tensor are made when its layer is new.</summary>
internal abstract record InitialValue
{
    /// <summary>Fills a tensor of a type with room for fractions, or of integers where the value is one.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="generator">Where random numbers come from; null for libtorch's own source, which <c>manual_seed</c> sets.</param>
    public abstract void Fill(Tensor tensor, Generator? generator);

    /// <summary>One number everywhere.</summary>
    public sealed record Constant(double Value) : InitialValue
    {
        /// <inheritdoc/>
        public override void Fill(Tensor tensor, Generator? generator) => tensor.fill_(Value);
    }

    /// <summary>Evenly distributed between a bound and its negative.</summary>
    public sealed record Uniform(double Bound) : InitialValue
    {
        /// <inheritdoc/>
        public override void Fill(Tensor tensor, Generator? generator) => tensor.uniform_(-Bound, Bound, generator);
    }

    /// <summary>Normally distributed around zero; a row may be zeros.</summary>
    public sealed record Normal(double Deviation, long? ZeroRow = null) : InitialValue
    {
        /// <inheritdoc/>
        public override void Fill(Tensor tensor, Generator? generator)
        {
            tensor.normal_(0, Deviation, generator);
            if (ZeroRow is { } index)
            {
                using var row = tensor.select(0, index);
                row.zero_();
            }
        }
    }
}
