using System.Globalization;
using System.Numerics;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Zip;
using LowMem.Checkpoints.Formats.Safetensors;

namespace LowMem.Checkpoints.Conversion;

/// <summary>Finds what a format cannot hold: all of it is one error, before anything is written.</summary>
internal sealed class UnheldContent(ConversionFormat format)
{
    private const int MaxNamed = 20;

    private readonly List<string> problems = [];

    private string FormatName => format == ConversionFormat.Safetensors ? "safetensors" : "a state dict of PyTorch";

    public void Check(SelectedTensor selected)
    {
        if (DescribeUnheld(selected) is { } reason)
        {
            Add($"'{DisplayText.Name(selected.Key)}': {reason}");
        }
    }

    public void Add(string problem) => problems.Add(problem);

    /// <exception cref="CheckpointException">There is something.</exception>
    public void ThrowIfAny(string path)
    {
        if (problems.Count == 0)
        {
            return;
        }

        throw new CheckpointException(
            CheckpointErrorIds.ConversionUnsupported,
            path,
            $"{problems.Count} {(problems.Count == 1 ? "part" : "parts")} of the checkpoint cannot be written as {FormatName}. "
            + "Leave them out with -Exclude or -Prefix, or choose the other format.",
            lines:
            [
                .. problems.Take(MaxNamed).Select(problem => $"  {problem}"),
                .. problems.Count > MaxNamed ? (string[])[$"  and {problems.Count - MaxNamed} more"] : [],
            ]);
    }

    /// <summary>A leaf as text, as Python prints it; null when it is none of the simple kinds.</summary>
    public static string? ToText(object? value) => value switch
    {
        null => "None",
        true => "True",
        false => "False",
        string text => text,
        long or BigInteger => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        double number when double.IsNaN(number) => "nan",
        double number when double.IsInfinity(number) => number > 0 ? "inf" : "-inf",
        double number when Math.Abs(number) < 1e16 && number == Math.Truncate(number) => number.ToString("F1", CultureInfo.InvariantCulture),
        double number => number.ToString("r", CultureInfo.InvariantCulture).ToLowerInvariant(),
        _ => null,
    };

    /// <summary>Whether text can be written as UTF-8.</summary>
    public static bool IsWellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                {
                    return false;
                }

                i++;
            }
        }

        return true;
    }

    private string? DescribeUnheld(SelectedTensor selected)
    {
        var tensor = selected.Tensor;
        return !IsWellFormed(selected.Key) ? "the key is no valid Unicode text"
            : format == ConversionFormat.Safetensors && selected.Key == "__metadata__" ? "the format uses this name itself"
            : selected.Numbers is not null ? null
            : tensor.Layout != TensorLayouts.Strided ? $"it is {tensor.Layout}"
            : tensor.Quantization is not null ? $"it is quantised ({tensor.DType}), and its scale would be lost"
            : tensor.UnreadableReason is { } reason ? $"its values cannot be read: {reason}"
            : !CanHold(selected.Type) ? $"elements of type {selected.Type} have no place there"
            : null;
    }

    private bool CanHold(DType type) =>
        format == ConversionFormat.Safetensors ? SafetensorsDTypes.FindCode(type) is not null : TorchDTypes.CanWrite(type);
}
