using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

public sealed class LimitSettingsTests
{
    [Fact]
    public void EveryLimit_IsRead()
    {
        var settings = Read(
            ("Connections", "7"), ("ConnectionsPerAddress", "3"), ("KeepAlive", "45s"), ("HeadTimeout", "5s"), ("HandshakeTimeout", "4s"),
            ("HeaderSize", "16KiB"), ("RequestsPerAddress", "100"), ("RequestsPerUser", "50"), ("RequestBurst", "200"),
            ("Transfers", "9"), ("TransfersPerClient", "8"), ("Fills", "6"), ("FillsPerClient", "5"), ("Wait", "0"),
            ("Bandwidth", "1GiB"), ("BandwidthPerClient", "100MiB"), ("UploadSize", "10GiB")).Settings!;

        var (ports, limits) = (settings.Listen.Connections, settings.Limits);
        Assert.Equal((7, 3, 16 << 10), (ports.Total, ports.PerAddress, ports.HeaderBytes));
        Assert.Equal((45, 5, 4), (ports.KeepAlive.TotalSeconds, ports.HeadTimeout.TotalSeconds, ports.HandshakeTimeout.TotalSeconds));
        Assert.Equal((100, 50, 200), (limits.RequestsPerAddress, limits.RequestsPerUser, limits.RequestBurst));
        Assert.Equal(16 << 10, limits.HeaderBytes);
        Assert.Equal((9, 8, 6, 5), (limits.Transfers, limits.TransfersPerClient, limits.Fills, limits.FillsPerClient));
        Assert.Equal((TimeSpan.Zero, 1L << 30, 100L << 20), (limits.Wait, limits.Bandwidth, limits.BandwidthPerClient));
        Assert.Equal(10L << 30, limits.UploadBytes);
    }

    [Theory]
    [InlineData("Connections", "-1", "not a number from 0 to 1000000")]
    [InlineData("ConnectionsPerAddress", "10001", "more than Limits.Connections has for everybody (10000); write less, or more there")]
    [InlineData("FillsPerClient", "1001", "more than Limits.Fills has for everybody (1000); write less, or more there")]
    [InlineData("TransfersPerClient", "5001", "more than Limits.Transfers has for everybody (5000); write less, or more there")]
    [InlineData("KeepAlive", "0", "not a time-out from 1s to 1h; write 5s, 250ms or 1m30s")]
    [InlineData("HeaderSize", "1MiB", "not a size from 8KiB to 256KiB; write 64KiB or a number of bytes")]
    [InlineData("Bandwidth", "1KiB", "neither 0 nor a size per second from 64KiB to 1TiB; write 100MiB")]
    [InlineData("RequestBurst", "0", "not a number from 1 to 1000000")]
    public void Mistake_IsSaid(string name, string value, string problem)
    {
        var result = Read((name, value));

        var error = Assert.Single(result.Errors);
        Assert.Equal(($"Limits.{name}", problem), (error.Key, error.Problem));
    }

    [Fact]
    public void FewerForAll_AreNoMistakeBesideTheDefaultForOne() => Assert.Empty(Read(("Connections", "100"), ("Fills", "10")).Errors);

    private static SettingsResult Read(params (string Name, string Value)[] limits) => SettingsReader.Read(new SettingsInput
    {
        Environment = limits.ToDictionary(limit => $"FEP_Limits__{limit.Name}", limit => limit.Value),
    });
}
