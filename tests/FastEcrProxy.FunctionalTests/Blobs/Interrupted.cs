using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>A download that was stopped in its middle, and the proof that it was gone on with.</summary>
internal static class Interrupted
{
    /// <summary>Stops the proxy in the middle of a layer and starts it again. The client's body is broken off.</summary>
    /// <param name="proxy">One that stops <see cref="Quickly"/>.</param>
    /// <param name="client">Pulls the layer.</param>
    /// <param name="layer">Upstream in its repository.</param>
    /// <param name="bytes">How much of it has come when the proxy stops; the client has all but the last MiB of that.</param>
    public static async Task RestartAsync(ProxyUnderTest proxy, PullClient client, TestLayer layer, int bytes)
    {
        var pause = proxy.Region.Faults.PauseLayers(bytes);
        using var answer = await client.GetAsync(layer.Url(proxy));
        var begun = await Pull.ReadAsync(answer, bytes - (1 << 20));
        Assert.True(layer.Bytes.AsSpan(0, begun.Length).SequenceEqual(begun));

        await proxy.StopAsync();
        var (_, isWhole) = await Pull.ReadAsync(answer);
        pause.Release();

        Assert.False(isWhole);
        await proxy.StartAgainAsync();
    }

    /// <summary>
    /// Since the counters were reset, the layer was asked for once, from an offset of at least <paramref name="kept"/> on.
    /// </summary>
    public static void AssertOnlyTheRestWasAsked(ProxyUnderTest proxy, TestLayer layer, int kept)
    {
        var asked = Assert.Single(proxy.Region.Counters.Log, entry => entry.Origin == OriginName.Layers && entry.Digest == layer.Digest);
        Assert.NotNull(asked.Range);
        Assert.Matches("^bytes=[0-9]+-$", asked.Range);
        Assert.InRange(int.Parse(asked.Range["bytes=".Length..^1]), kept, layer.Bytes.Length - 1);
    }
}
