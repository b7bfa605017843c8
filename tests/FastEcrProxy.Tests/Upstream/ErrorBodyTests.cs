using System.Text;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class ErrorBodyTests
{
    [Theory]
    [InlineData("""{"errors":[{"code":"NAME_UNKNOWN","message":"No such repository"}]}""", "NAME_UNKNOWN", "No such repository")]
    [InlineData("""{"errors":[{"code":"DENIED"}]}""", "DENIED", "")]
    [InlineData("""{"__type":"com.amazonaws.ecr#ThrottlingException","message":"Rate exceeded"}""", "ThrottlingException", "Rate exceeded")]
    [InlineData("<Error><Code>SlowDown</Code><Message>Slower.</Message><Key>k</Key></Error>", "SlowDown", "Slower.")]
    [InlineData("Not Authorized\n", null, "Not Authorized")]
    [InlineData("two\r\nlines\u001b[31m", null, "two  lines [31m")]
    [InlineData("", null, "")]
    [InlineData("{", null, "")]
    [InlineData("{}", null, "")]
    [InlineData("""{"errors":[{"code":"X","message":"\ud800"}]}""", null, "")]
    [InlineData("""{"errors":[]}""", null, "")]
    [InlineData("""{"errors":["x"]}""", null, "")]
    [InlineData("""{"errors":[{"code":7,"message":{}}]}""", null, "")]
    [InlineData("""{"errors":[{"code":"bad\ncode","message":"m"}]}""", null, "m")]
    [InlineData("<html>", null, "")]
    public void EveryShape_IsRead(string body, string? code, string message)
    {
        var error = ErrorBody.Parse(Encoding.UTF8.GetBytes(body));

        Assert.Equal((code, message), (error.Code, error.Message));
    }

    [Fact]
    public void LongMessage_IsCut() => Assert.Equal(500, ErrorBody.Parse(Encoding.UTF8.GetBytes(new string('x', 5000))).Message.Length);
}
