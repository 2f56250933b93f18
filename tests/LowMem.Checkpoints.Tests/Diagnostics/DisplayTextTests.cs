using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Tests.Diagnostics;

/// <summary>What becomes of text that a terminal would obey, and what stays as it is.</summary>
public sealed class DisplayTextTests
{
    [Theory]
    [InlineData("\u001b[31mred", "?[31mred")]
    [InlineData("a\r\nb\tc\0\b\u007f", "a??b?c???")]
    [InlineData("\u0085\u009b31m", "??31m")]
    [InlineData("line\u2028paragraph\u2029", "line?paragraph?")]
    [InlineData("\u202e\u202a\u2066\u2069\u200e\u200f\u061c", "???????")]
    [InlineData("a\u200bb\u200d\u2060\ufeff\u00ad", "a?b????")]
    [InlineData("a\U000e0041b", "a?b")]
    public void ShowsWhatATerminalWouldObeyAsAQuestionMark(string text, string shown)
    {
        Assert.Equal(shown, DisplayText.Name(text));
        Assert.Equal(shown, DisplayText.Line(text));
        Assert.False(DisplayText.IsHarmless(text));
    }

    [Fact]
    public void ShowsHalvesOfPairsAsQuestionMarks()
    {
        Assert.Equal("a?b", DisplayText.Name("a\ud800b"));
        Assert.Equal("?", DisplayText.Name("\udc00"));
        Assert.Equal("??", DisplayText.Name("\udc00\ud800"));
    }

    [Theory]
    [InlineData("model.layers.0.self_attn.q_proj.weight")]
    [InlineData("gewicht größe 重み вес")]
    [InlineData("\U0001f600 ?")]
    [InlineData("")]
    public void LeavesTheRestAsItIs(string text)
    {
        Assert.Equal(text, DisplayText.Name(text));
        Assert.True(DisplayText.IsHarmless(text));
    }

    [Fact]
    public void CutsLongNamesAndNeverThroughACharacter()
    {
        Assert.Equal(new string('k', 200), DisplayText.Name(new string('k', 200)));
        Assert.Equal(new string('k', 200) + "...", DisplayText.Name(new string('k', 1200)));
        Assert.Equal(new string('k', 199) + "...", DisplayText.Name(new string('k', 199) + "\U0001f600"));
    }

    [Fact]
    public void NamesAFewAndCountsTheRest() =>
        Assert.Equal("a?, b and 2 more", DisplayText.Names(["a\n", "b", "c", "d"], 2));

    [Fact]
    public void AMessageHasNoLinesButItsOwn()
    {
        var error = new CheckpointException(
            CheckpointErrorIds.FormatInvalid, "a\nb.pt", "first\nforged", lines: ["  second\u001b", "  third"]);

        Assert.Equal($"a?b.pt: first?forged{Environment.NewLine}  second?{Environment.NewLine}  third", error.Message);
        Assert.Equal("a\nb.pt", error.Path);
    }

    [Fact]
    public void AFindingIsOneLineAndKeepsItsKey()
    {
        var finding = new CheckpointFinding(FindingSeverity.Error, "Code", "a\u001b", null, "a\u001b\nb");

        Assert.Equal("Error Code: a??b", finding.ToString());
        Assert.Equal("x?", (finding with { Message = "x\u202e" }).Message);
        Assert.Equal("a\u001b", finding.Key);
    }
}
