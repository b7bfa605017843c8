using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>Pulls while everything goes wrong upstream at moments that nobody chose.</summary>
public sealed class FaultyUpstreamTests : RealClientTests
{
    private const int Rounds = 5;
    private const int FaultsMax = 4;
    private const int LayerBytes = 1_500_000;
    private const int FirstSeed = 20_771;

    [Theory, MemberData(nameof(EveryClient))]
    public async Task PullThroughFaults_IsRightOrFailsCleanly(ClientKind kind)
    {
        var client = await StartAsync(kind);
        var proxy = await StartProxyAsync();
        var seed = FirstSeed + (int)kind;
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            var image = SampleImage.Build(LayerBytes + round); // other layers in each round: nothing is cached
            image.PutInto(proxy.Region.Content, Repository, $"round-{round}");
            using var storm = new Storm(proxy.Region, random, random.Next(1, FaultsMax + 1), LayerBytes);
            try
            {
                await PullInStormAsync(client, $"{proxy.Authority}/{Repository}:round-{round}", image, storm);
            }
            catch (Exception failure) when (!Cancel.IsCancellationRequested)
            {
                Assert.Fail($"seed {seed}, round {round}, {storm}: {failure}");
            }
        }
    }

    private static async Task PullInStormAsync(ImageClient client, string reference, SampleImage image, Storm storm)
    {
        var pull = await client.PullAsync(reference);
        await storm.EndAsync();

        var holds = await client.HoldsAsync(reference, image); // fails on anything wrong
        Assert.True(holds || !pull.Succeeded, $"{pull.Command} said that all is well, and the image is not there.");
        if (!pull.Succeeded)
        {
            await PullRightAsync(client, reference, image); // what the storm has left in the cache does no harm
        }

        await client.ForgetAsync();
        await PullRightAsync(client, reference, image);
        await client.ForgetAsync();
    }
}
