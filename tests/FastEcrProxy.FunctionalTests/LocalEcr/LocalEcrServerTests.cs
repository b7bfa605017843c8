using System.Net;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

public sealed class LocalEcrServerTests
{
    [Fact]
    public async Task PortInUse_FailsTheStart_AndFreesThePortsAlreadyOpened()
    {
        await using var first = await LocalEcrServer.StartAsync(cancel: EcrAsker.Cancel);
        var free = Ports.Free();
        var clash = new LocalEcrOptions
        {
            Regions = [new("eu-west-1") { RegistryPort = free, LayersPort = first.Main.Layers.Port }],
        };
        await Assert.ThrowsAsync<IOException>(() => LocalEcrServer.StartAsync(clash, EcrAsker.Cancel));

        var fixedPort = new LocalEcrOptions { Regions = [new("eu-west-1") { RegistryPort = free }] };
        await using var second = await LocalEcrServer.StartAsync(fixedPort, EcrAsker.Cancel);
        Assert.Equal(free, second.Main.Registry.Port);
    }

    [Theory]
    [InlineData("eu-west-1", "123456789012.dkr.ecr.eu-west-1.amazonaws.com")]
    [InlineData("cn-north-1", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn")]
    public async Task Region_HasItsEcrHost(string region, string host)
    {
        var options = new LocalEcrOptions { Regions = [new(region)] };
        await using var server = await LocalEcrServer.StartAsync(options, EcrAsker.Cancel);

        Assert.Equal(host, server[region].EcrHost);
        Assert.Throws<KeyNotFoundException>(() => server["mars-1"]);
    }

    [Fact]
    public async Task LayersOnAnotherAddress_ChangeTheHostOfTheRedirect()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux answers on all of 127.0.0.0/8");
        var options = new LocalEcrOptions { LayersAddress = IPAddress.Parse("127.0.0.2") };
        await using var server = await LocalEcrServer.StartAsync(options, EcrAsker.Cancel);
        var digest = server.Main.Content.PutBlob("demo/x", new byte[10]);
        using var asker = new EcrAsker();

        var url = await asker.ResolveAsync(server.Main, "demo/x", digest);

        Assert.Equal("127.0.0.2", url.Host);
        Assert.Equal(10, (await asker.LayerAsync(server.Main, "demo/x", digest)).Length);
    }
}
