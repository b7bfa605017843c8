using FastEcrProxy.FunctionalTests.Requests;
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
        var clock = new MovedClock();
        var client = await StartAsync(kind);
        var proxy = await StartProxyAsync(time: clock);
        var seed = FirstSeed + (int)kind;
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            var image = SampleImage.Build(LayerBytes + round); // other layers in each round: nothing is cached
            image.PutInto(proxy.Region.Content, Repository, $"round-{round}");
            var reference = $"{proxy.Authority}/{Repository}:round-{round}";
            using var storm = new Storm(proxy.Region, random, random.Next(1, FaultsMax + 1), LayerBytes);
            try
            {
                var isThere = await PullInStormAsync(client, reference, image, storm);
                clock.Move(TimeSpan.FromMinutes(1)); // nobody renews a token that is refused ten seconds after it came
                if (!isThere && storm.SpoilsLayers && client.KeepsPartialLayers)
                {
                    client = await StartAsync(kind); // the old one would complete its wrong bytes, and refuse them again
                }

                // What the storm has left in the proxy does no harm, neither to who comes next nor on disk.
                await PullRightAsync(client, reference, image);
                await client.ForgetAsync();
                await PullRightAsync(client, reference, image);
                await client.ForgetAsync();
            }
            catch (Exception failure) when (!Cancel.IsCancellationRequested)
            {
                Assert.Fail($"seed {seed}, round {round}, {storm}: {failure}");
            }
        }
    }

    /// <returns>Whether the image was pulled; what a client then has is right, and one that says so has it.</returns>
    private static async Task<bool> PullInStormAsync(ImageClient client, string reference, SampleImage image, Storm storm)
    {
        var pull = await client.PullAsync(reference);
        await storm.EndAsync();

        var isThere = await client.HoldsAsync(reference, image);
        Assert.True(isThere || !pull.Succeeded, $"{pull.Command} said that all is well, and the image is not there.");
        return pull.Succeeded;
    }
}
