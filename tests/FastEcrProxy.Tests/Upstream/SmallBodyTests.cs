using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class SmallBodyTests
{
    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(100, 100, true)]
    [InlineData(100, 99, false)]
    [InlineData(100_000, 100_000, true)]
    [InlineData(100_000, 99_999, false)]
    public async Task Limit_IsKeptToTheByte(int length, int limit, bool whole)
    {
        var content = new byte[length];
        Random.Shared.NextBytes(content);

        foreach (var announced in new long?[] { null, length, 0 })
        {
            var read = await SmallBody.ReadAsync(new MemoryStream(content), announced, limit, TestContext.Current.CancellationToken);

            Assert.Equal(whole ? content : null, read?.ToArray());
        }
    }
}
