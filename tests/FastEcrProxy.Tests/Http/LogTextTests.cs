using CsCheck;
using FastEcrProxy.Http;

namespace FastEcrProxy.Tests.Http;

public sealed class LogTextTests
{
    [Theory]
    [InlineData("docker/29.0 go/go1.25", "docker/29.0 go/go1.25")]
    [InlineData("a\r\nINFO forged", "a??INFO forged")]
    [InlineData("\u001b[2Jred\u007f", "?[2Jred?")]
    [InlineData("naïve\u2028\u202e", "na?ve??")]
    public void WhatATerminalObeys_BecomesAQuestionMark(string text, string shown) => Assert.Equal(shown, LogText.Of(text, 100));

    [Fact]
    public void LongText_IsCut() => Assert.Equal("abc", LogText.Of("abcdef", 3));

    [Fact]
    public void AnyText_IsPrintableAscii() => Gen.String.Sample(
        text => Assert.False(LogText.Of(text, 20).AsSpan().ContainsAnyExceptInRange(' ', '~')));
}
