using System.Text.RegularExpressions;
using LowMem.Loader.Import.Keys;

namespace LowMem.Loader.Tests.Import.Keys;

public class KeyRuleTests
{
    [Theory]
    [InlineData("bert.*", "*", "bert.encoder.0.weight", "encoder.0.weight")]
    [InlineData("*.gamma", "*.weight", "norm.gamma", "norm.weight")]
    [InlineData("h.*.attn.*", "layers.*.attention.*", "h.11.attn.c_proj.bias", "layers.11.attention.c_proj.bias")]
    [InlineData("block?.*", "blocks.?.*", "block3.weight", "blocks.3.weight")]
    [InlineData("*?.w", "?-*", "ab1.w", "1-ab")]
    [InlineData("a.(b)+$", "c.$1.{x}", "a.(b)+$", "c.$1.{x}")]
    [InlineData("*", "net.*", "", "net.")]
    public void A_wildcard_keeps_what_its_stars_stood_for(string pattern, string replacement, string key, string renamed)
    {
        Assert.True(KeyRule.FromWildcard(pattern, replacement).TryApply(key, out var result));
        Assert.Equal(renamed, result);
    }

    [Theory]
    [InlineData("bert.*", "albert.x")]
    [InlineData("bert.*", "BERT.x")]
    [InlineData("*.w", "a.w.x")]
    [InlineData("a.b", "axb")]
    [InlineData("a?", "a")]
    [InlineData("a", "a\n")]
    public void A_wildcard_is_for_whole_keys_and_minds_their_case(string pattern, string key)
    {
        Assert.False(KeyRule.FromWildcard(pattern, "other").TryApply(key, out var result));
        Assert.Equal(key, result);
    }

    [Theory]
    [InlineData("a.*", "*.*", '*')]
    [InlineData("a.*", "a.?", '?')]
    public void A_replacement_cannot_have_more_than_its_pattern(string pattern, string replacement, char missing)
    {
        var error = Assert.Throws<ModelException>(() => KeyRule.FromWildcard(pattern, replacement));
        Assert.Equal(ModelErrorIds.KeyMapInvalid, error.ErrorId);
        Assert.Contains($"'{replacement}' of the key map has more '{missing}' than its pattern '{pattern}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_regular_expression_replaces_every_match()
    {
        var rule = KeyRule.FromRegex(new Regex(@"layer(\d)"), "layer.$1");
        Assert.True(rule.TryApply("layer1.layer2.w", out var renamed));
        Assert.Equal("layer.1.layer.2.w", renamed);
        Assert.False(rule.TryApply("layer.w", out renamed));
        Assert.Equal("layer.w", renamed);
    }

    [Fact]
    public void No_replacement_leaves_keys_out()
    {
        Assert.True(KeyRule.FromWildcard("head.*", "").TryApply("head.weight", out var renamed));
        Assert.Null(renamed);
        Assert.True(KeyRule.FromRegex(new Regex("^head"), null).TryApply("head.weight", out renamed));
        Assert.Null(renamed);
    }

    [Fact]
    public void A_pattern_that_takes_for_ever_is_an_error()
    {
        var rule = KeyRule.FromRegex(new Regex("^(a+)+$"), "b");
        var error = Assert.Throws<ModelException>(() => rule.TryApply(new string('a', 60) + "!", out _));
        Assert.Equal(ModelErrorIds.KeyMapInvalid, error.ErrorId);
        Assert.Contains("'^(a+)+$'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ordered_rules_work_on_what_the_ones_before_have_made()
    {
        var map = new KeyRules(
            [KeyRule.FromWildcard("bert.*", "*"), KeyRule.FromWildcard("*.gamma", "*.weight"), KeyRule.FromWildcard("cls.*", null)]);
        Assert.Equal("norm.weight", map.Map("bert.norm.gamma"));
        Assert.Equal("norm.bias", map.Map("norm.bias"));
        Assert.Null(map.Map("bert.cls.seq.bias"));
    }

    [Fact]
    public void Of_rules_without_order_at_most_one_is_for_a_key()
    {
        var map = new KeyRules([KeyRule.FromWildcard("a.*", "b.*"), KeyRule.FromWildcard("b.*", "a.*"), KeyRule.FromWildcard("*.x", "x")], areOrdered: false);
        Assert.Equal("b.1", map.Map("a.1"));
        Assert.Equal("a.1", map.Map("b.1"));
        Assert.Equal("c.1", map.Map("c.1"));
        var error = Assert.Throws<ModelException>(() => map.Map("a.x"));
        Assert.Equal(ModelErrorIds.KeyMapInvalid, error.ErrorId);
        Assert.Contains("'a.*' and '*.x', are for 'a.x'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_leaves_keys_alone_that_are_not_in_it()
    {
        var map = new KeyTable(new Dictionary<string, string?> { ["a"] = "b", ["c"] = null });
        Assert.Equal(["b", "b", null], new[] { "a", "b", "c" }.Select(map.Map));
    }
}
