using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class BlobSourceTests : IDisposable
{
    private const string Signed = "https://layers.example/x?X-Amz-Signature=secret";

    private static readonly byte[] Blob = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 7))];

    private readonly StubbedRegistry _stubbed = new();
    private readonly BlobSource _source;

    public BlobSourceTests() => _source = _stubbed.Client.BlobsOf(StubbedRegistry.App, Digest.Of(Blob));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _stubbed.Dispose();

    [Fact]
    public async Task WholeBlob_IsAskedWithoutARange()
    {
        _stubbed.Registry.Answers(() => Answers.Redirect(Signed));
        _stubbed.Layers.Answers(() => Answers.Of(200, Blob));

        var body = await ReadAsync(0);

        Assert.Equal(Blob, body);
        Assert.Null(_stubbed.Layers.Last.Headers.Range);
        Assert.False(_stubbed.Layers.Last.Headers.Contains("Authorization"));
        Assert.Equal(["GET " + Signed], _stubbed.Layers.Asked);
    }

    [Fact]
    public async Task Offset_IsAskedAsAnOpenRange_AtBothPeers()
    {
        _stubbed.Registry.Answers(() => Answers.Redirect(Signed));
        _stubbed.Layers.Answers(() => Answers.Part(Blob, 5000));

        var body = await ReadAsync(5000);

        Assert.Equal(Blob[5000..], body);
        Assert.Equal("bytes=5000-", _stubbed.Layers.Last.Headers.Range!.ToString());
        Assert.Equal("bytes=5000-", _stubbed.Registry.Last.Headers.Range!.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(150_000)]
    public async Task WholeBlobInsteadOfARange_IsSkippedToTheOffset(int offset)
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, Blob));

        Assert.Equal(Blob[offset..], await ReadAsync(offset));
    }

    [Fact]
    public async Task EmptyBlob_IsABlob()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, []));

        using var body = (await _source.OpenAsync(0, null, Cancel)).Value!;

        Assert.Equal(0, body.TotalBytes);
        Assert.Equal(0, await body.Bytes.ReadAsync(new byte[1], Cancel));
    }

    [Fact]
    public async Task Redirect_IsAskedForOnceInTenMinutes()
    {
        _stubbed.Registry.Answers(() => Answers.Redirect(Signed), times: 2);
        _stubbed.Layers.Answers(() => Answers.Of(200, Blob), times: 3);

        await ReadAsync(0);
        _stubbed.Time.Advance(TimeSpan.FromMinutes(9));
        await ReadAsync(0);
        Assert.Single(_stubbed.Registry.Asked);

        _stubbed.Time.Advance(TimeSpan.FromMinutes(2)); // its time runs from the redirect, not from its last use
        await ReadAsync(0);
        Assert.Equal(2, _stubbed.Registry.Asked.Count);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task AddressThatIsNoLongerGood_IsReplacedOnce(int status)
    {
        _stubbed.Registry.Answers(() => Answers.Redirect(Signed), times: 2);
        _stubbed.Layers.Answers(() => Answers.Of(status)).Answers(() => Answers.Of(200, Blob));

        Assert.Equal(Blob, await ReadAsync(0));
        Assert.Equal([5006], _stubbed.Log.Ids);
    }

    [Fact]
    public async Task LayerStoreThatGoesOnRefusing_IsUnreachable_AndItsAddressStaysSecret()
    {
        _stubbed.Registry.Answers(() => Answers.Redirect(Signed), times: 2);
        _stubbed.Layers.Answers(
            () => Answers.Of(403, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"), times: 2);

        var (_, failure) = await _source.OpenAsync(0, null, Cancel);

        Assert.Equal(FetchError.Unreachable, failure!.Error);
        Assert.Contains("Request has expired", failure.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Reason + _stubbed.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LayerStoresHiccup_IsTriedOnceMore()
    {
        _stubbed.Registry.Answers(() => Answers.Redirect(Signed));
        _stubbed.Layers.Answers(() => Answers.Of(503, "<Error><Code>SlowDown</Code></Error>")).Answers(() => Answers.Of(200, Blob));

        using var body = (await _stubbed.ElapseAsync(_source.OpenAsync(0, null, Cancel))).Value;

        Assert.Equal(Blob.Length, body?.TotalBytes);
    }

    [Theory]
    [InlineData(503, "<Error><Code>SlowDown</Code></Error>", true)]
    [InlineData(500, "", false)]
    public async Task LayerStoreThatStaysBusy_IsSaidSoAfterTwoTries(int status, string words, bool isThrottled)
    {
        _stubbed.Registry.Answers(() => Answers.Redirect(Signed));
        _stubbed.Layers.Answers(() => Answers.Of(status, words), times: 2);

        var (_, failure) = await _stubbed.ElapseAsync(_source.OpenAsync(0, null, Cancel));

        Assert.Equal(isThrottled ? FetchError.Throttled : FetchError.Unreachable, failure!.Error);
        Assert.Equal(2, _stubbed.Layers.Requests.Count);
    }

    [Fact]
    public async Task ForeignRedirect_IsRefusedAndNeverAsked()
    {
        _stubbed.Registry.Answers(() => Answers.Redirect("https://169.254.169.254/latest/meta-data?secret"));

        var (_, failure) = await _source.OpenAsync(0, null, Cancel);

        Assert.Equal(FetchError.BadAnswer, failure!.Error);
        Assert.Equal("redirect to host 169.254.169.254 is not allowed; Upstream.AllowedRedirectHosts allows it", failure.Reason);
        Assert.Empty(_stubbed.Layers.Asked);
        Assert.Contains("169.254.169.254", _stubbed.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", _stubbed.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LayerStoresOwnRedirect_IsCheckedToo()
    {
        _stubbed.Registry.Answers(() => Answers.Redirect(Signed));
        _stubbed.Layers.Answers(() => Answers.Redirect("https://evil.example/x"));

        Assert.Equal(FetchError.BadAnswer, (await _source.OpenAsync(0, null, Cancel)).Failure!.Error);
    }

    [Fact]
    public async Task ThreeRedirects_AreFollowed_AFourthIsNot()
    {
        _stubbed.Registry.Answers(() => Answers.Redirect("/v2/elsewhere")).Answers(() => Answers.Redirect(Signed));
        _stubbed.Layers.Answers(() => Answers.Redirect(Signed + "1")).Answers(() => Answers.Of(200, Blob));
        Assert.Equal(Blob, await ReadAsync(0));

        _stubbed.Registry.Answers(() => Answers.Redirect("/v2/elsewhere")).Answers(() => Answers.Redirect(Signed));
        _stubbed.Layers.Answers(() => Answers.Redirect(Signed + "1")).Answers(() => Answers.Redirect(Signed + "2"));
        var (_, failure) = await _stubbed.Client.BlobsOf(StubbedRegistry.App, Digest.Of(Blob)).OpenAsync(0, null, Cancel);
        Assert.Equal(FetchError.BadAnswer, failure!.Error);
    }

    [Fact]
    public async Task PastTheEnd_SaysHowLongTheBlobIs()
    {
        _stubbed.Registry.Answers(() => Answers.Redirect(Signed));
        _stubbed.Layers.Answers(() => Answers.Of(416).With("Content-Range", $"bytes */{Blob.Length}")).Answers(() => Answers.Of(200, Blob));

        foreach (var offset in new[] { Blob.Length + 1, Blob.Length })
        {
            var (_, failure) = await _source.OpenAsync(offset, null, Cancel);

            Assert.Equal((FetchError.OutOfRange, (long?)Blob.Length), (failure!.Error, failure.TotalBytes));
        }
    }

    [Fact]
    public async Task LengthThatChanges_IsTheCallersToJudge()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, Blob[1..])).Answers(() => Answers.Of(200, Blob));

        (await _source.OpenAsync(0, null, Cancel)).Value!.Dispose();

        Assert.Equal(Blob, await ReadAsync(0)); // the first was wrong: what is asked again must not be held to it
    }

    [Theory]
    [InlineData(6)]
    [InlineData(0)]
    public async Task OtherRangeThanAsked_IsABadAnswer(int offset)
    {
        _stubbed.Registry.Answers(() => Answers.Part(Blob, offset));

        Assert.Equal(FetchError.BadAnswer, (await _source.OpenAsync(5, null, Cancel)).Failure!.Error);
    }

    [Fact]
    public async Task WholeBlobThatEndsBeforeTheOffset_IsCutShort()
    {
        _stubbed.Registry.Answers(() =>
        {
            var answer = Answers.Of(200, Blob[..3]);
            answer.Content.Headers.ContentLength = Blob.Length;
            return answer;
        });

        Assert.Equal(FetchError.CutShort, (await _source.OpenAsync(5, null, Cancel)).Failure!.Error);
    }

    [Fact]
    public async Task MissingBlob_IsTheRegistrysWord()
    {
        _stubbed.Registry.Answers(() => Answers.Of(404, """{"errors":[{"code":"BLOB_UNKNOWN","message":"no"}]}"""));

        var (_, failure) = await _source.OpenAsync(0, null, Cancel);

        Assert.Equal((FetchError.NotFound, "BLOB_UNKNOWN"), (failure!.Error, failure.Code));
    }

    [Fact]
    public async Task BothPeers_AreMeasured()
    {
        _stubbed.Registry.Answers(() => Answers.Redirect(Signed));
        _stubbed.Layers.Answers(() => Answers.Of(200, Blob));

        await ReadAsync(0);

        Assert.Equal(
            ["fastecr.upstream.duration{peer=registry,status=3xx} 0", "fastecr.upstream.duration{peer=layers,status=2xx} 0"],
            _stubbed.Measured.Recorded());
    }

    private async Task<byte[]> ReadAsync(long offset)
    {
        var (body, failure) = await _source.OpenAsync(offset, null, Cancel);
        Assert.True(body is not null, failure?.Reason);
        using (body)
        {
            Assert.Equal((offset, Blob.Length), (body.Offset, body.TotalBytes));
            var bytes = new byte[body.TotalBytes - offset];
            await body.Bytes.ReadExactlyAsync(bytes, Cancel);
            Assert.Equal(0, await body.Bytes.ReadAsync(new byte[1], Cancel));
            return bytes;
        }
    }
}
