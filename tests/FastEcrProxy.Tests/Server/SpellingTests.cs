using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("Cache.Sice", "Cache.Size")]
    [InlineData("cache_size", "Cache.Size")]
    [InlineData("CacheSize", "Cache.Size")]
    [InlineData("Cache.Dir", null)]
    [InlineData("Region", "Aws.Region")]
    [InlineData("Upstream.Hots", "Upstream.Host")]
    [InlineData("Lgo.Level", "Log.Level")]
    [InlineData("Upstream.AllowedRedirectHost", "Upstream.AllowedRedirectHosts")]
    [InlineData("Potatoes", null)]
    [InlineData("", null)]
    [InlineData("...", null)]
    public void UnknownKey_IsTakenForTheNearestOne(string key, string? expected) =>
        Assert.Equal(expected, SettingTable.Nearest(key)?.Key);

    [Fact]
    public void EndlessWord_IsNotCompared() =>
        Assert.Null(Spelling.Nearest(new string('a', 1_000_000), ["serve"], name => name));
}
