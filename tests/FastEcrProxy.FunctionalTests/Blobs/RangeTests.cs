using System.Net;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>Ranges, on whatever state the blob is in: not here, on its way, or stored.</summary>
public sealed class RangeTests
{
    private const int MiB = 1 << 20;
    private const int Total = 100_000;
    private const int PausedAt = 60_000;

    public enum State
    {
        Cold,
        Filling,
        Stored,
    }

    public static TheoryData<State, string, int, int> OneRange => Cross<int, int>(
        ("bytes=0-0", 0, 0),
        ("bytes=10-4999", 10, 4_999),
        ("bytes=59000-61000", 59_000, 61_000),
        ("bytes=70000-", 70_000, Total - 1),
        ("bytes=0-", 0, Total - 1),
        ("bytes=-500", Total - 500, Total - 1),
        ("bytes=-999999", 0, Total - 1),
        ("bytes=99990-200000", 99_990, Total - 1),
        ("bytes=99999-99999", Total - 1, Total - 1),
        ("BYTES=5-6", 5, 6));

    public static TheoryData<State, string> PastTheEnd => Cross(
        "bytes=100000-", "bytes=100000-100005", "bytes=99999999999999999999-", "bytes=500-0", "bytes=-0", "bytes=100000-,200000-300000");

    public static TheoryData<State, string> Malformed => Cross(
        "bytes=", "bytes=a-b", "bytes=1", "bytes=--1", "bytes", "bytes=-", "bytes=1-2-3", "bytes=1-2,x");

    public static TheoryData<State> States => [State.Cold, State.Filling, State.Stored];

    [Theory(Timeout = Until.TestMilliseconds), MemberData(nameof(OneRange))]
    public async Task OneRange_IsAnsweredWithExactlyItsBytes(State state, string range, int first, int last)
    {
        await using var blob = await BlobIn.StateAsync(state);

        var pulling = blob.GetAsync(range);
        blob.Release();
        using var answer = await pulling;
        var (bytes, isWhole) = await Pull.ReadAsync(answer);

        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal($"bytes {first}-{last}/{Total}", answer.Content.Headers.ContentRange?.ToString());
        Assert.Equal(last - first + 1, answer.Content.Headers.ContentLength);
        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal(blob.Layer.Digest, Assert.Single(answer.Headers.GetValues("Docker-Content-Digest")));
        Assert.True(isWhole);
        Assert.Equal(blob.Layer.Bytes[first..(last + 1)], bytes);
    }

    [Theory(Timeout = Until.TestMilliseconds), MemberData(nameof(States))]
    public async Task SeveralRanges_ComeAsMultipartWithExactBytesAndLength(State state)
    {
        await using var blob = await BlobIn.StateAsync(state);

        var pulling = blob.GetAsync("bytes=0-9,70000-70999, 500-599,-10,300000-");
        blob.Release();
        using var answer = await pulling;
        var (bytes, isWhole) = await Pull.ReadAsync(answer);

        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal("multipart/byteranges", answer.Content.Headers.ContentType?.MediaType);
        Assert.Null(answer.Content.Headers.ContentRange);
        var boundary = Assert.Single(answer.Content.Headers.ContentType!.Parameters).Value;
        using var expected = new MemoryStream();
        foreach (var (first, last) in ((int, int)[])[(0, 9), (70_000, 70_999), (500, 599), (Total - 10, Total - 1)])
        {
            expected.Write(System.Text.Encoding.ASCII.GetBytes(
                $"{(expected.Length == 0 ? "" : "\r\n")}--{boundary}\r\nContent-Type: application/octet-stream\r\n"
                + $"Content-Range: bytes {first}-{last}/{Total}\r\n\r\n"));
            expected.Write(blob.Layer.Bytes.AsSpan(first..(last + 1)));
        }

        expected.Write(System.Text.Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n"));
        Assert.True(isWhole);
        Assert.Equal(expected.Length, answer.Content.Headers.ContentLength);
        Assert.Equal(expected.ToArray(), bytes);
    }

    [Theory(Timeout = Until.TestMilliseconds), MemberData(nameof(PastTheEnd))]
    public async Task RangeOutsideTheBlob_Is416WithTheTotal(State state, string range)
    {
        await using var blob = await BlobIn.StateAsync(state);

        using var answer = await blob.GetAsync(range);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, answer.StatusCode);
        Assert.Equal($"bytes */{Total}", answer.Content.Headers.ContentRange?.ToString());
        Assert.Contains("RANGE_INVALID", body, StringComparison.Ordinal);
    }

    [Theory(Timeout = Until.TestMilliseconds), MemberData(nameof(Malformed))]
    public async Task RangeThatMakesNoSense_Is400AndUpstreamIsNotAsked(State state, string range)
    {
        await using var blob = await BlobIn.StateAsync(state);
        blob.Proxy.Region.Counters.Reset();

        using var answer = await blob.GetAsync(range);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("RANGE_INVALID", body, StringComparison.Ordinal);
        Assert.Equal(0, blob.Proxy.Region.Counters.Requests(RequestKind.AnyBlob | RequestKind.AnyLayer));
    }

    [Theory(Timeout = Until.TestMilliseconds), MemberData(nameof(States))]
    public async Task UnitThatNobodyKnows_IsIgnored(State state)
    {
        await using var blob = await BlobIn.StateAsync(state);

        var pulling = Pull.RunAsync(blob.Client, blob.Layer.Url(blob.Proxy), ("Range", "layers=0-1"));
        blob.Release();

        (await pulling).AssertWhole(blob.Layer);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RangeOnAColdLayer_IsAnsweredBeforeTheBytesBelowIt()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 24 * MiB);
        using var pause = proxy.Region.Faults.PauseLayers(afterBytes: MiB); // of each body, so nothing below can come

        var pull = await Pull.RunAsync(client, layer.Url(proxy), ("Range", $"bytes={20 * MiB}-{(20 * MiB) + 999}"));

        Assert.Equal(HttpStatusCode.PartialContent, pull.Status);
        Assert.Equal(layer.Bytes[(20 * MiB)..((20 * MiB) + 1000)], pull.Bytes);
        Assert.Equal($"bytes={20 * MiB}-", proxy.Region.Counters.Log.First(static entry => entry.Origin == OriginName.Layers).Range);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ReaderFarFromAStandingDownload_IsServedByASecondOne()
    {
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: static settings => settings with
        {
            Cache = settings.Cache with { FetchConnections = 2 },
        });
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 40 * MiB);
        var pause = proxy.Region.Faults.PauseLayers(afterBytes: MiB, times: 1);
        using var whole = await client.GetAsync(layer.Url(proxy));
        await pause.ReachedAsync(TestContext.Current.CancellationToken);

        var far = await Pull.RunAsync(client, layer.Url(proxy), ("Range", $"bytes={30 * MiB}-{31 * MiB}"));
        pause.Release();
        var (bytes, isWhole) = await Pull.ReadAsync(whole);

        Assert.Equal(HttpStatusCode.PartialContent, far.Status);
        Assert.True(layer.Bytes.AsSpan(30 * MiB, MiB + 1).SequenceEqual(far.Bytes));
        Assert.True(isWhole && layer.Bytes.AsSpan().SequenceEqual(bytes));

        // On a slow machine a second connection may be at work on something else first; it is asked for in stretches then.
        Assert.Contains(
            proxy.Region.Counters.Log,
            static entry => entry.Range is { } range && range.StartsWith($"bytes={30 * MiB}-", StringComparison.Ordinal));
        await layer.AssertCameOnceAsync(proxy);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task OpenRangesInParallelThatCloseAfterAChunk_AsContainerdAsks()
    {
        const int Chunk = 8 * MiB;
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * Chunk);

        var chunks = await Task.WhenAll(Enumerable.Range(0, 3).Select(async i =>
        {
            using var raw = await RawClient.ConnectAsync(proxy);
            await raw.AskAsync(RawClient.Get(layer.Path(), $"Range: bytes={i * Chunk}-"));
            var head = await raw.ReadHeadAsync();
            Assert.Contains("206 Partial", head, StringComparison.Ordinal);
            Assert.Contains($"Content-Range: bytes {i * Chunk}-{(3 * Chunk) - 1}/{3 * Chunk}\r\n", head, StringComparison.Ordinal);
            var chunk = await raw.ReadAsync(Chunk);
            raw.Reset();
            return chunk;
        }));

        Assert.True(layer.Bytes.AsSpan().SequenceEqual(chunks.SelectMany(static chunk => chunk).ToArray()));
        await Until.TrueAsync(() => layer.IsStored(proxy));
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
        await layer.AssertCameOnceAsync(proxy);
        Assert.Empty(proxy.Complaints);
    }

    [Theory(Timeout = Until.TestMilliseconds), MemberData(nameof(States))]
    public async Task IfRangeOfSomethingElse_BeginsAgain(State state)
    {
        await using var blob = await BlobIn.StateAsync(state);

        var pulling = Pull.RunAsync(blob.Client, blob.Layer.Url(blob.Proxy), ("Range", "bytes=5-"), ("If-Range", "\"sha256:other\""));
        blob.Release();

        (await pulling).AssertWhole(blob.Layer);
    }

    private static TheoryData<State, string> Cross(params string[] ranges)
    {
        TheoryData<State, string> data = [];
        foreach (var state in Enum.GetValues<State>())
        {
            foreach (var range in ranges)
            {
                data.Add(state, range);
            }
        }

        return data;
    }

    private static TheoryData<State, string, T1, T2> Cross<T1, T2>(params (string Range, T1 First, T2 Last)[] ranges)
    {
        TheoryData<State, string, T1, T2> data = [];
        foreach (var state in Enum.GetValues<State>())
        {
            foreach (var (range, first, last) in ranges)
            {
                data.Add(state, range, first, last);
            }
        }

        return data;
    }

    /// <summary>A proxy with one blob of <see cref="Total"/> bytes upstream, in one of three states.</summary>
    private sealed class BlobIn(ProxyUnderTest proxy, TestLayer layer) : IAsyncDisposable
    {
        private Fault? _pause;
        private HttpResponseMessage? _other;

        public ProxyUnderTest Proxy => proxy;

        public TestLayer Layer => layer;

        public PullClient Client { get; } = new();

        public static async Task<BlobIn> StateAsync(State state)
        {
            var proxy = await ProxyUnderTest.StartAsync();
            var blob = new BlobIn(proxy, TestLayer.Upstream(proxy, Total));
            if (state is State.Stored)
            {
                (await Pull.RunAsync(blob.Client, blob.Layer.Url(proxy))).AssertWhole(blob.Layer);
                await Until.TrueAsync(() => blob.Layer.IsStored(proxy));
            }
            else if (state is State.Filling)
            {
                blob._pause = proxy.Region.Faults.PauseLayers(PausedAt);
                blob._other = await blob.Client.GetAsync(blob.Layer.Url(proxy));
                await blob._pause.ReachedAsync(TestContext.Current.CancellationToken);
            }

            return blob;
        }

        public Task<HttpResponseMessage> GetAsync(string range) => Client.GetAsync(layer.Url(proxy), ("Range", range));

        public void Release() => _pause?.Release();

        public async ValueTask DisposeAsync()
        {
            Release();
            _other?.Dispose();
            Client.Dispose();
            await proxy.DisposeAsync();
        }
    }
}
