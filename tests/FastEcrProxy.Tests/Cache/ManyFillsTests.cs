using FastEcrProxy.Cache;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Cache;

/// <summary>A cluster that starts asks for hundreds of layers at once: each comes, and their buffers stay small together.</summary>
public sealed class ManyFillsTests : IAsyncDisposable
{
    private const int Layers = 200;
    private const int MiB = 1 << 20;

    private readonly TempFolder _folder = new();
    private readonly CacheParts _cache;

    public ManyFillsTests() => _cache = new CacheParts(_folder);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task TwoHundredColdLayersAtOnce_ShareTheMemoryForThemAndAllCome()
    {
        var gate = new Gate();
        var pulls = new List<(SampleBlob Blob, IBlobBytes Bytes)>();
        for (var i = 0; i < Layers; i++)
        {
            var blob = new SampleBlob(MiB, seed: i);
            var bytes = await _cache.JoinAsync(blob, new FakeUpstream(blob, Answers.HeldAt(1000, gate)));
            await bytes.ReadableAsync(999, Cancel); // so far it has got: its buffer is there
            pulls.Add((blob, bytes));
        }

        var held = _cache.Fills.BufferBytes;
        gate.Open();

        Assert.InRange(held, Layers * (long)FetchMemory.LeastBytes, FetchMemory.TotalBytes + (MiB * 2));
        foreach (var (blob, bytes) in pulls)
        {
            using (bytes)
            {
                Assert.Equal(blob.Bytes, await Reading.AllAsync(bytes));
            }
        }

        foreach (var _ in pulls)
        {
            Assert.Equal("published", await _cache.Measures.NextEndAsync());
        }

        Assert.Equal(0, _cache.Fills.BufferBytes);
    }
}
