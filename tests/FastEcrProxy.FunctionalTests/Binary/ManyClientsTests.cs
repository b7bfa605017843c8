using FastEcrProxy.FunctionalTests.Processes;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Binary;

/// <summary>Five hundred clients that each take 2 MB/s of one cold layer for half a minute, as a rollout over slow lines does.</summary>
public sealed class ManyClientsTests
{
    private const int Clients = 500;
    private const int BytesPerSecond = 2_000_000;
    private const int BeatsPerSecond = 5;
    private const int Seconds = 30;
    private const long FlatBytes = 24 << 20; // the collector's own ups and downs

    [Fact]
    public async Task FiveHundredSlowClients_AllGetTheirLayerAndMemoryStaysFlat()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable.Published);
        var layer = LayerContent.Generate((long)BytesPerSecond * Seconds);
        test.Region.Content.PutBlob("team/app", layer);
        await using var proxy = await test.ServeAsync();
        var scrap = new byte[BytesPerSecond / BeatsPerSecond];
        var clients = new List<SteadyClient>();
        for (var i = 0; i < Clients; i++)
        {
            clients.Add(await SteadyClient.AskAsync(proxy.DataAddress, $"/v2/team/app/blobs/{layer.Digest}", scrap));
        }

        var memory = new List<long>();
        using var beat = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / BeatsPerSecond), TimeProvider.System);
        for (var beats = 0; !clients.TrueForAll(client => client.IsThrough); beats++)
        {
            await beat.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            clients.ForEach(client => client.Take(BytesPerSecond / BeatsPerSecond));
            if (beats % BeatsPerSecond == 0)
            {
                memory.Add(proxy.ResidentBytes);
            }
        }

        clients.ForEach(client => client.Dispose());
        var (early, late) = (memory.Take(memory.Count / 3).Max(), memory.Skip(memory.Count / 3).Max());
        Assert.True(late <= early + FlatBytes, $"it grew: {string.Join(", ", memory.Select(bytes => bytes >> 20))} MiB");

        // Once, and not five hundred times. Where it comes slowly several connections share it; of one that another takes over
        // from, something is on its way.
        Assert.InRange(test.Region.Counters.LayerBytes(layer.Digest), layer.Length, 2 * layer.Length);
        Assert.DoesNotContain(proxy.Lines, line => line.Contains("client left", StringComparison.Ordinal));
    }
}
