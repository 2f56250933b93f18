using System.Text.RegularExpressions;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;

namespace LowMem.Checkpoints.Tests.Keys;

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
    public void AWildcardKeepsWhatItsStarsStoodFor(string pattern, string replacement, string key, string renamed)
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
    public void AWildcardIsForWholeKeysAndMindsTheirCase(string pattern, string key)
    {
        Assert.False(KeyRule.FromWildcard(pattern, "other").TryApply(key, out var result));
        Assert.Equal(key, result);
    }

    [Theory]
    [InlineData("a.*", "*.*", '*')]
    [InlineData("a.*", "a.?", '?')]
    public void AReplacementCannotHaveMoreThanItsPattern(string pattern, string replacement, char missing)
    {
        var error = Assert.Throws<KeyMapException>(() => KeyRule.FromWildcard(pattern, replacement));
        Assert.Equal(CheckpointErrorIds.KeyMapInvalid, error.ErrorId);
        Assert.Contains($"'{replacement}' of the key map has more '{missing}' than its pattern '{pattern}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ARegularExpressionReplacesEveryMatch()
    {
        var rule = KeyRule.FromRegex(new Regex(@"layer(\d)"), "layer.$1");
        Assert.True(rule.TryApply("layer1.layer2.w", out var renamed));
        Assert.Equal("layer.1.layer.2.w", renamed);
        Assert.False(rule.TryApply("layer.w", out renamed));
        Assert.Equal("layer.w", renamed);
    }

    [Fact]
    public void NoReplacementLeavesKeysOut()
    {
        Assert.True(KeyRule.FromWildcard("head.*", "").TryApply("head.weight", out var renamed));
        Assert.Null(renamed);
        Assert.True(KeyRule.FromRegex(new Regex("^head"), null).TryApply("head.weight", out renamed));
        Assert.Null(renamed);
    }

    [Fact]
    public void APatternThatTakesForEverIsAnError()
    {
        var rule = KeyRule.FromRegex(new Regex("^(a+)+$"), "b");
        var error = Assert.Throws<KeyMapException>(() => rule.TryApply(new string('a', 60) + "!", out _));
        Assert.Equal(CheckpointErrorIds.KeyMapInvalid, error.ErrorId);
        Assert.Contains("'^(a+)+$'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OrderedRulesWorkOnWhatTheOnesBeforeHaveMade()
    {
        var map = new KeyRules(
            [KeyRule.FromWildcard("bert.*", "*"), KeyRule.FromWildcard("*.gamma", "*.weight"), KeyRule.FromWildcard("cls.*", null)]);
        Assert.Equal("norm.weight", map.Map("bert.norm.gamma"));
        Assert.Equal("norm.bias", map.Map("norm.bias"));
        Assert.Null(map.Map("bert.cls.seq.bias"));
    }

    [Fact]
    public void OfRulesWithoutOrderAtMostOneIsForAKey()
    {
        var map = new KeyRules([KeyRule.FromWildcard("a.*", "b.*"), KeyRule.FromWildcard("b.*", "a.*"), KeyRule.FromWildcard("*.x", "x")], areOrdered: false);
        Assert.Equal("b.1", map.Map("a.1"));
        Assert.Equal("a.1", map.Map("b.1"));
        Assert.Equal("c.1", map.Map("c.1"));
        var error = Assert.Throws<KeyMapException>(() => map.Map("a.x"));
        Assert.Equal(CheckpointErrorIds.KeyMapInvalid, error.ErrorId);
        Assert.Contains("'a.*' and '*.x', are for 'a.x'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATableLeavesKeysAloneThatAreNotInIt()
    {
        var map = new KeyTable(new Dictionary<string, string?> { ["a"] = "b", ["c"] = null });
        Assert.Equal(["b", "b", null], new[] { "a", "b", "c" }.Select(map.Map));
    }
}
