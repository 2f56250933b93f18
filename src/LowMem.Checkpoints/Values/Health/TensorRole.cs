namespace LowMem.Checkpoints.Values.Health;

/// <summary>What a tensor is to a model, as far as its key tells. Rules for the weights of layers are not for masks, buffers and optimizers.</summary>
internal static class TensorRole
{
    private static readonly string[] OptimizerParts = ["optimizer", "optimizers", "optimizer_state", "optimizer_states", "optimizer_state_dict", "optim", "opt_state"];

    /// <summary>What PyTorch's optimizers keep beside each parameter.</summary>
    private static readonly string[] OptimizerValues =
        ["exp_avg", "exp_avg_sq", "max_exp_avg_sq", "exp_inf", "momentum_buffer", "square_avg", "acc_delta", "grad_avg", "prev", "step_size", "ax", "mu"];

    private static readonly string[] WeightNames = ["weight", "kernel", "_proj", "flat_param"];

    /// <summary>What has <c>weight</c> in its name and is none.</summary>
    private static readonly string[] OtherNames = ["mask", "scale", "zero"];

    private static readonly string[] EmbeddingNames = ["emb", "wte", "wpe", "vocab", "token", "lm_head", "lookup", "shared"];

    /// <summary>Layers whose weights are computed, not learned: the sine of frequency zero is zero everywhere.</summary>
    private static readonly string[] TransformNames = ["stft", "dft", "fft", "fourier", "wavelet", "fbank", "filterbank", "melspec", "mel_"];

    /// <summary>Whether the key is one of the weights of a layer: <c>0.weight</c>, <c>weight_ih_l0</c>, <c>gate_up_proj</c>, <c>w1</c>.</summary>
    public static bool IsWeight(string key)
    {
        var name = key.AsSpan(key.LastIndexOf('.') + 1);
        bool isNumbered = name.Length is 2 or 3 && name[0] == 'w' && !name[1..].ContainsAnyExceptInRange('0', '9');
        return (isNumbered || ContainsAny(name, WeightNames)) && !ContainsAny(name, OtherNames) && !ContainsAny(key, TransformNames) && !IsOptimizerState(key);
    }

    /// <summary>Whether the key is that of a bias.</summary>
    public static bool IsBias(string key) =>
        key.AsSpan(key.LastIndexOf('.') + 1).Contains("bias", StringComparison.OrdinalIgnoreCase) && !IsOptimizerState(key);

    /// <summary>Whether the key speaks of a table of vectors, some of which nobody may ever have used.</summary>
    public static bool IsEmbedding(string key) => ContainsAny(key, EmbeddingNames);

    /// <summary>Whether the key is what an optimizer remembers.</summary>
    public static bool IsOptimizerState(string key)
    {
        var rest = key.AsSpan();
        while (true)
        {
            int end = rest.IndexOf('.');
            var part = end < 0 ? rest : rest[..end];
            if (Is(part, OptimizerParts) || (end < 0 && Is(part, OptimizerValues)))
            {
                return true;
            }

            if (end < 0)
            {
                return false;
            }

            rest = rest[(end + 1)..];
        }
    }

    /// <summary>The key of the bias beside a weight; null when the key does not say <c>weight</c>.</summary>
    public static string? GetBiasKey(string key)
    {
        int start = key.LastIndexOf('.') + 1;
        int place = key.LastIndexOf("weight", StringComparison.Ordinal);
        return place < start ? null : string.Concat(key.AsSpan(0, place), "bias", key.AsSpan(place + "weight".Length));
    }

    /// <summary>The key with its numbers folded: those that are a part of their own or follow an underscore.</summary>
    public static string Fold(string key)
    {
        var folded = new System.Text.StringBuilder(key.Length);
        for (int i = 0; i < key.Length; i++)
        {
            bool begins = i == 0 || key[i - 1] is '.' or '_';
            int end = i;
            while (begins && end < key.Length && char.IsAsciiDigit(key[end]))
            {
                end++;
            }

            if (end > i && (end == key.Length || key[end] is '.' or '_'))
            {
                folded.Append('#');
                i = end - 1;
            }
            else
            {
                folded.Append(key[i]);
            }
        }

        return folded.ToString();
    }

    private static bool ContainsAny(ReadOnlySpan<char> text, string[] parts)
    {
        foreach (string part in parts)
        {
            if (text.Contains(part, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Is(ReadOnlySpan<char> text, string[] names)
    {
        foreach (string name in names)
        {
            if (text.SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }
}
