using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class UpstreamBlobTests : IDisposable
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 1000).Select(number => (byte)number)];

    private readonly TwoRegistries _two = new();
    private readonly UpstreamBlob _blob;

    public UpstreamBlobTests() => _blob = _two.Registries.BlobsOf(StubbedRegistry.App, Digest.Of(Bytes));

    public void Dispose() => _two.Dispose();

    [Fact]
    public async Task NearestGivesIt()
    {
        _two.Answers(TwoRegistries.Near, _ => Answers.Of(200, Bytes)).Answers(TwoRegistries.Far, _ => Answers.Of(200, Bytes));

        Assert.Equal(Bytes, await ReadAsync(0));

        Assert.StartsWith(TwoRegistries.Near, Assert.Single(_two.Asked), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NearestDoesNotHaveItYet_TheNextGivesIt()
    {
        _two.Answers(TwoRegistries.Near, _ => Answers.Of(404)).Answers(TwoRegistries.Far, _ => Answers.Of(200, Bytes));

        Assert.Equal(Bytes, await ReadAsync(0));

        Assert.Equal([5010], _two.Events.Ids);
    }

    [Fact]
    public async Task NearestDies_TheNextGoesOnInTheMiddle()
    {
        _two.Answers(TwoRegistries.Near, _ => Cut(200)).Answers(TwoRegistries.Far, _ => Answers.Part(Bytes, 200));
        var beginning = await ReadAsync(0);
        _two.IsDown(TwoRegistries.Near);

        var rest = await ReadAsync(beginning.Length);

        Assert.Equal(Bytes, beginning.Concat(rest));
    }

    [Fact]
    public async Task CutOnce_TheNearestIsAskedForTheRest()
    {
        _two.Answers(TwoRegistries.Near, _ => Cut(200));
        await ReadAsync(0);
        _two.Answers(TwoRegistries.Near, _ => Answers.Part(Bytes, 200));

        Assert.Equal(Bytes[200..], await ReadAsync(200));
    }

    [Fact]
    public async Task CutTwice_TheNextIsAskedForTheRest()
    {
        _two.Answers(TwoRegistries.Near, _ => Cut(200)).Answers(TwoRegistries.Far, _ => Answers.Part(Bytes, 300));
        await ReadAsync(0);
        _two.Answers(TwoRegistries.Near, _ => CutPart(200, 100));
        await ReadAsync(200);

        Assert.Equal(Bytes[300..], await ReadAsync(300));
    }

    /// <summary>As a download does that has found the digest wrong.</summary>
    [Fact]
    public async Task BeginningIsAskedForAgain_AnotherGivesIt()
    {
        _two.Answers(TwoRegistries.Near, _ => Answers.Of(200, new byte[1000])).Answers(TwoRegistries.Far, _ => Answers.Of(200, Bytes));
        Assert.NotEqual(Bytes, await ReadAsync(0));

        Assert.Equal(Bytes, await ReadAsync(0));
    }

    [Fact]
    public async Task NobodyHasIt_TheNearestsWordIsTold()
    {
        _two.Answers(TwoRegistries.Near, _ => Answers.Of(404)).Answers(TwoRegistries.Far, _ => Answers.Of(404));

        var (_, failure) = await _two.ElapseAsync(_blob.OpenAsync(0, null, TestContext.Current.CancellationToken));

        Assert.Equal(FetchError.NotFound, failure!.Error);
        Assert.Contains(TwoRegistries.Near, failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PastTheEnd_IsAnAnswer()
    {
        _two.Answers(TwoRegistries.Near, _ => Answers.Of(416).With("Content-Range", "bytes */1000"));

        var (_, failure) = await _two.ElapseAsync(_blob.OpenAsync(2000, null, TestContext.Current.CancellationToken));

        Assert.Equal((FetchError.OutOfRange, 1000), (failure!.Error, failure.TotalBytes));
    }

    private static HttpResponseMessage Cut(int after)
    {
        var answer = Answers.Of(200, Bytes[..after]);
        answer.Content.Headers.ContentLength = Bytes.Length;
        return answer;
    }

    private static HttpResponseMessage CutPart(int from, int count)
    {
        var answer = Answers.Of(206, Bytes[from..(from + count)]);
        answer.Content.Headers.ContentRange = new(from, Bytes.Length - 1, Bytes.Length);
        answer.Content.Headers.ContentLength = Bytes.Length - from;
        return answer;
    }

    /// <summary>What comes from an offset on until the body ends, early or not.</summary>
    private async Task<byte[]> ReadAsync(long offset)
    {
        var (body, failure) = await _two.ElapseAsync(_blob.OpenAsync(offset, null, TestContext.Current.CancellationToken));
        Assert.True(body is not null, failure?.Reason);
        using (body)
        {
            var came = new MemoryStream();
            try
            {
                await body.Bytes.CopyToAsync(came, TestContext.Current.CancellationToken);
            }
            catch (IOException)
            {
                // what has come counts
            }

            return came.ToArray();
        }
    }
}
