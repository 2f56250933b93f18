using LowMem.Checkpoints.Exploring;

namespace LowMem.Checkpoints.Tests.Exploring;

/// <summary>Any name is a part of a path, and is found again by it.</summary>
public sealed class EscapedNameTests
{
    [Theory]
    [InlineData("weight", "weight")]
    [InlineData("", "%empty")]
    [InlineData("%empty", "%25empty")]
    [InlineData(".", "%2E")]
    [InlineData("..", "%2E%2E")]
    [InlineData("...", "...")]
    [InlineData("~", "%7E")]
    [InlineData("~a", "~a")]
    [InlineData("a/b\\c:d", "a%2Fb%5Cc%3Ad")]
    [InlineData("w[0]*?`", "w%5B0%5D%2A%3F%60")]
    [InlineData("a\0b\n\u001b", "a%00b%0A%1B")]
    [InlineData(" a b ", "%20a b%20")]
    [InlineData("\u202egnp", "%u202Egnp")]
    [InlineData("a\u0301", "a\u0301")]
    [InlineData("\u0301a", "%u0301a")]
    [InlineData("\u5c42", "\u5c42")]
    [InlineData("x\ud83d\ude00", "x\ud83d\ude00")]
    [InlineData("100%", "100%25")]
    [InlineData("a\u00a0b", "a%A0b")]
    public void ANameHasOneText(string name, string part)
    {
        Assert.Equal(part, EscapedName.Escape(name));
        Assert.Equal(name, EscapedName.Unescape(part));
    }

    [Fact]
    public void HalvesOfPairsAreKept()
    {
        string name = "a" + (char)0xd800 + "b" + (char)0xdc00;

        Assert.Equal("a%uD800b%uDC00", EscapedName.Escape(name));
        Assert.Equal(name, EscapedName.Unescape(EscapedName.Escape(name)));
    }

    [Fact]
    public void EveryCharacterIsFoundAgainAndNoneParts()
    {
        for (int code = 0; code <= char.MaxValue; code++)
        {
            string name = "a" + (char)code + (char)code;
            string part = EscapedName.Escape(name);

            Assert.Equal(name, EscapedName.Unescape(part));
            Assert.DoesNotContain(part, character => "/\\:*?[]`\0\n".Contains(character));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("a%4")]
    [InlineData("%zz")]
    [InlineData("%u12")]
    [InlineData("%tensor")]
    [InlineData("%value")]
    public void WhatNoNameIsWrittenAsStandsForNone(string part) => Assert.Null(EscapedName.Unescape(part));

    [Fact]
    public void WhatIsMeantAsItIsMeansItself() => Assert.Equal("w[0]", EscapedName.Unescape("w[0]"));
}
