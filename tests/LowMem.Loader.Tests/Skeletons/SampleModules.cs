using System.Diagnostics.CodeAnalysis;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Skeletons;

/// <summary>What <c>FromAssembly</c> is tried on: this assembly is the user's.</summary>
public sealed class Classifier : nn.Module<Tensor, Tensor>
{
    private readonly Embedding embed;
    private readonly Sequential layers;

    public Classifier(long vocabulary, long[] widths, string activation = "relu", ScalarType dtype = ScalarType.Float32, double dropout = 0.1)
        : base(nameof(Classifier))
    {
        embed = nn.Embedding(vocabulary, widths[0], dtype: dtype);
        layers = nn.Sequential();
        for (var i = 1; i < widths.Length; i++)
        {
            layers.append($"linear{i}", nn.Linear(widths[i - 1], widths[i], dtype: dtype));
        }

        Description = FormattableString.Invariant($"{activation} {dropout}");
        RegisterComponents();
    }

    public string Description { get; }

    public override Tensor forward(Tensor input) => layers.call(embed.call(input));
}

/// <summary>Square layers, as many and as wide as one likes.</summary>
public sealed class WideModel : nn.Module<Tensor, Tensor>
{
    private readonly Sequential layers;

    public WideModel(int count, long width)
        : base(nameof(WideModel))
    {
        layers = nn.Sequential(Enumerable.Range(0, count).Select(_ => nn.Linear(width, width, hasBias: false)));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => layers.call(input);
}

public sealed class Overloaded : nn.Module
{
    public Overloaded()
        : base(nameof(Overloaded)) => Chosen = "none";

    public Overloaded(int size)
        : base(nameof(Overloaded)) => Chosen = $"int {size}";

    public Overloaded(double size)
        : base(nameof(Overloaded)) => Chosen = FormattableString.Invariant($"double {size}");

    public Overloaded(Device device, bool? flag)
        : base(nameof(Overloaded)) => Chosen = $"{device.type} {flag?.ToString() ?? "null"}";

    public string Chosen { get; }
}

public sealed class Failing : nn.Module
{
    public Failing()
        : base(nameof(Failing)) => throw new InvalidOperationException("no weights today");
}

public abstract class AbstractModule() : nn.Module(nameof(AbstractModule));

[SuppressMessage("Design", "CA1052", Justification = "It is what it is tried for: a type that is no module.")]
public class NoModule;
