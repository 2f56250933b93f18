using LowMem.Checkpoints.Sharding;

namespace LowMem.Checkpoints.Tests.Sharding;

/// <summary>The ready rules have an answer for every weight of their families, and none for what they do not know.</summary>
public sealed class ReadyShardRulesTests
{
    [Fact]
    public void TheirNamesAreKnown()
    {
        Assert.Equal(["Gpt2", "GptJ", "GptNeoX", "Llama"], ReadyShardRules.Names);
        Assert.NotNull(ReadyShardRules.Find("llama"));
        Assert.Null(ReadyShardRules.Find("T5"));
    }

    [Theory]
    [InlineData("Llama", "model.embed_tokens.weight", 0)]
    [InlineData("Llama", "model.layers.7.self_attn.q_proj.weight", 0)]
    [InlineData("Llama", "model.layers.7.self_attn.k_proj.bias", 0)]
    [InlineData("Llama", "model.layers.7.self_attn.o_proj.weight", 1)]
    [InlineData("Llama", "model.layers.7.self_attn.o_proj.bias", null)]
    [InlineData("Llama", "model.layers.7.self_attn.q_norm.weight", null)]
    [InlineData("Llama", "model.layers.7.mlp.gate_proj.weight", 0)]
    [InlineData("Llama", "model.layers.7.mlp.down_proj.weight", 1)]
    [InlineData("Llama", "model.layers.7.input_layernorm.weight", null)]
    [InlineData("Llama", "model.norm.weight", null)]
    [InlineData("Llama", "norm.weight", null)]
    [InlineData("Llama", "lm_head.weight", 0)]
    [InlineData("Llama", "model.layers.0.block_sparse_moe.experts.3.w2.weight", 1)]
    [InlineData("Llama", "model.layers.0.block_sparse_moe.gate.weight", null)]
    [InlineData("Llama", "layers.0.attention.wo.weight", 1)]
    [InlineData("Llama", "layers.0.feed_forward.w3.weight", 0)]
    [InlineData("Llama", "tok_embeddings.weight", 0)]
    [InlineData("Llama", "output.weight", 0)]
    [InlineData("Llama", "rope.freqs", null)]
    [InlineData("Gpt2", "transformer.h.0.attn.c_attn.weight", null)]
    [InlineData("Gpt2", "h.0.attn.c_proj.weight", null)]
    [InlineData("Gpt2", "h.0.mlp.c_fc.weight", 1)]
    [InlineData("Gpt2", "h.0.mlp.c_fc.bias", 0)]
    [InlineData("Gpt2", "h.0.mlp.c_proj.weight", 0)]
    [InlineData("Gpt2", "h.0.mlp.c_proj.bias", null)]
    [InlineData("Gpt2", "wte.weight", 0)]
    [InlineData("Gpt2", "wpe.weight", null)]
    [InlineData("Gpt2", "h.0.attn.bias", null)]
    [InlineData("Gpt2", "ln_f.bias", null)]
    [InlineData("GptNeoX", "gpt_neox.layers.0.attention.query_key_value.weight", 0)]
    [InlineData("GptNeoX", "gpt_neox.layers.0.attention.query_key_value.bias", 0)]
    [InlineData("GptNeoX", "gpt_neox.layers.0.attention.dense.weight", 1)]
    [InlineData("GptNeoX", "gpt_neox.layers.0.attention.dense.bias", null)]
    [InlineData("GptNeoX", "gpt_neox.layers.0.attention.bias", null)]
    [InlineData("GptNeoX", "gpt_neox.layers.0.mlp.dense_4h_to_h.weight", 1)]
    [InlineData("GptNeoX", "gpt_neox.layers.0.post_attention_layernorm.bias", null)]
    [InlineData("GptNeoX", "gpt_neox.final_layer_norm.weight", null)]
    [InlineData("GptNeoX", "embed_out.weight", 0)]
    [InlineData("GptJ", "transformer.h.0.attn.out_proj.weight", 1)]
    [InlineData("GptJ", "transformer.h.0.mlp.fc_in.bias", 0)]
    [InlineData("GptJ", "lm_head.bias", 0)]
    public void EachWeightHasItsPlace(string rules, string key, int? dimension)
    {
        Assert.Equal(new ShardPlacement(dimension), ReadyShardRules.Find(rules)!.Find(key, out string? problem));
        Assert.Null(problem);
    }

    /// <summary>A fused weight whose slices would not be heads is not guessed at.</summary>
    [Theory]
    [InlineData("Llama", "model.layers.0.self_attn.qkv_proj.weight")]
    [InlineData("Llama", "model.layers.0.mlp.gate_up_proj.weight")]
    [InlineData("Llama", "model.layers.0.self_attn.kv_a_proj_with_mqa.weight")]
    [InlineData("Llama", "transformer.h.0.attn.c_attn.weight")]
    [InlineData("Gpt2", "model.layers.0.self_attn.q_proj.weight")]
    public void WhatTheyDoNotKnowHasNone(string rules, string key) => Assert.Null(ReadyShardRules.Find(rules)!.Find(key, out _));

    [Fact]
    public void OnesOwnRulesGoBefore()
    {
        var rules = Sharded.Rules(("*.qkv_proj.weight", null), ("*.o_proj.weight", 0)).Before(ReadyShardRules.Find("Llama")!);

        Assert.Equal(ShardPlacement.Replicate, rules.Find("layers.0.qkv_proj.weight", out _));
        Assert.Equal(new ShardPlacement(0), rules.Find("layers.0.o_proj.weight", out _));
        Assert.Equal(new ShardPlacement(1), rules.Find("layers.0.down_proj.weight", out _));
        Assert.Equal(["*.o_proj.weight"], rules.FindUnused(["layers.0.qkv_proj.weight"]));
    }
}
