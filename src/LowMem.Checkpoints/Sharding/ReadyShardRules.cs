using LowMem.Checkpoints.Keys;

namespace LowMem.Checkpoints.Sharding;

/// <summary>
/// Rules for the weights of known families of models, by the names that transformers gives them: what each layer computes first is
/// split by its outputs, what it computes then by its inputs, and the vocabulary by its entries.
/// </summary>
/// <remarks>
/// A bias that is added to a sum over all ranks stays whole: one rank adds it. A split of queries, keys and values is one of heads
/// when the count divides their numbers.
/// </remarks>
public static class ReadyShardRules
{
    private static readonly Dictionary<string, (int? Dimension, string[] Patterns)[]> Tables = new(StringComparer.OrdinalIgnoreCase)
    {
        // Also Mistral, Mixtral, Qwen and others whose layers have these names, and the names of Meta's own files.
        ["Llama"] =
        [
            (0, ["*.q_proj.weight", "*.k_proj.weight", "*.v_proj.weight", "*.q_proj.bias", "*.k_proj.bias", "*.v_proj.bias"]),
            (0, ["*.gate_proj.weight", "*.up_proj.weight", "*.gate_proj.bias", "*.up_proj.bias"]),
            (0, ["*.wq.weight", "*.wk.weight", "*.wv.weight", "*.w1.weight", "*.w3.weight"]),
            (1, ["*.o_proj.weight", "*.down_proj.weight", "*.wo.weight", "*.w2.weight"]),
            (0, ["*embed_tokens.weight", "*lm_head.weight", "*tok_embeddings.weight", "output.weight", "model.output.weight"]),
            (null, ["*.o_proj.bias", "*.down_proj.bias", "*norm.weight", "*rotary_emb.inv_freq", "*rope.freqs", "*.mlp.gate.weight", "*.block_sparse_moe.gate.weight", "*.shared_expert_gate.weight"]),
        ],

        // c_attn holds queries, keys and values one behind the other: a slice of it would be queries of some heads and keys of others,
        // so attention stays whole. Conv1D keeps its weights as [inputs, outputs].
        ["Gpt2"] =
        [
            (null, ["*.attn.c_attn.weight", "*.attn.c_attn.bias", "*.attn.c_proj.weight", "*.attn.c_proj.bias", "*.attn.bias", "*.attn.masked_bias"]),
            (1, ["*.mlp.c_fc.weight"]),
            (0, ["*.mlp.c_fc.bias", "*.mlp.c_proj.weight"]),
            (0, ["*wte.weight", "*lm_head.weight"]),
            (null, ["*.mlp.c_proj.bias", "*wpe.weight", "*ln_1.weight", "*ln_1.bias", "*ln_2.weight", "*ln_2.bias", "*ln_f.weight", "*ln_f.bias"]),
        ],

        // query_key_value has query, key and value of each head side by side, so that its slices are whole heads.
        ["GptNeoX"] =
        [
            (0, ["*.attention.query_key_value.weight", "*.attention.query_key_value.bias", "*.mlp.dense_h_to_4h.weight", "*.mlp.dense_h_to_4h.bias"]),
            (1, ["*.attention.dense.weight", "*.mlp.dense_4h_to_h.weight"]),
            (0, ["*embed_in.weight", "*embed_out.weight"]),
            (null, ["*.attention.dense.bias", "*.mlp.dense_4h_to_h.bias", "*layernorm.weight", "*layernorm.bias", "*layer_norm.weight", "*layer_norm.bias"]),
            (null, ["*.attention.bias", "*.attention.masked_bias", "*rotary_emb.inv_freq"]),
        ],
        ["GptJ"] =
        [
            (0, ["*.attn.q_proj.weight", "*.attn.k_proj.weight", "*.attn.v_proj.weight", "*.mlp.fc_in.weight", "*.mlp.fc_in.bias"]),
            (1, ["*.attn.out_proj.weight", "*.mlp.fc_out.weight"]),
            (0, ["*wte.weight", "*lm_head.weight", "*lm_head.bias"]),
            (null, ["*.mlp.fc_out.bias", "*ln_1.weight", "*ln_1.bias", "*ln_f.weight", "*ln_f.bias", "*.attn.bias", "*.attn.masked_bias", "*.attn.embed_positions"]),
        ],
    };

    /// <summary>The names of the families, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Tables.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The rules of a family; null when there are none of that name.</summary>
    /// <param name="name">The name; case does not count.</param>
    public static ShardRules? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Tables.TryGetValue(name, out var table)
            ? new ShardRules(
                [.. table.SelectMany(row => row.Patterns.Select(pattern => new ShardRule(KeyRule.FromWildcard(pattern, null), new ShardPlacement(row.Dimension))))],
                areOrdered: true,
                isReady: true)
            : null;
    }
}
