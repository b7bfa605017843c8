using System.Security.Cryptography;
using FastEcrProxy.Http;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Observability;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Http;

public sealed class UnstoredBodyTests : IDisposable
{
    private const int Length = 700_000;

    private readonly byte[] _bytes = RandomNumberGenerator.GetBytes(Length);
    private readonly MeasuredValues _measured = new();
    private readonly List<long> _opened = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _measured.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WholeBlob_IsReadToTheEndWhenItsDigestIsRight(bool sha512)
    {
        var name = sha512 ? "sha512:" + Convert.ToHexStringLower(SHA512.HashData(_bytes)) : Digest.Of(_bytes).ToString();
        Digest.TryParse(name, out var digest);
        using var body = await OpenAsync(digest, 0);

        Assert.Equal(_bytes, await ReadAllAsync(body, 0));
        Assert.Null(body.Failure);
    }

    [Fact]
    public async Task WrongBytes_AreWithheldAtTheEnd()
    {
        using var body = await OpenAsync(Digest.Of([1]), 0);

        Assert.True((await ReadAllAsync(body, 0)).Length < Length);
        Assert.Equal(FetchError.DigestMismatch, body.Failure?.Error);
        Assert.Equal(0, await body.ReadableAsync(Length - 1, Cancel));
    }

    [Fact]
    public async Task EmptyBlobOfAnotherName_IsAFailure()
    {
        using var body = (await UnstoredBody.OpenAsync(
            (offset, _, _) => ValueTask.FromResult<Fetched<BlobBody>>(new BlobBody(new MemoryStream(), offset, 0)),
            Digest.Of([1]), 0, new FakeTimeProvider(), _measured.Metrics, Cancel)).Value!;

        Assert.Equal(0, await body.ReadableAsync(0, Cancel));
        Assert.Equal(FetchError.DigestMismatch, body.Failure?.Error);
    }

    [Fact]
    public async Task AnotherRange_IsOpenedWhereItBegins()
    {
        using var body = await OpenAsync(Digest.Of(_bytes), 10);
        await body.ReadableAsync(10, Cancel);

        Assert.Equal(_bytes[600_000..], await ReadAllAsync(body, 600_000));
        Assert.Equal([10, 600_000], _opened);
    }

    private async Task<UnstoredBody> OpenAsync(Digest digest, long offset) =>
        (await UnstoredBody.OpenAsync(Open, digest, offset, new FakeTimeProvider(), _measured.Metrics, Cancel)).Value!;

    private ValueTask<Fetched<BlobBody>> Open(long offset, long? end, CancellationToken cancel)
    {
        _opened.Add(offset);
        return ValueTask.FromResult<Fetched<BlobBody>>(new BlobBody(new MemoryStream(_bytes[(int)offset..]), offset, Length));
    }

    private static async Task<byte[]> ReadAllAsync(UnstoredBody body, long offset)
    {
        using var all = new MemoryStream();
        var buffer = new byte[100_000];
        while (await body.ReadableAsync(offset, Cancel) > 0)
        {
            var read = await body.ReadAsync(offset, buffer, Cancel);
            all.Write(buffer, 0, read);
            offset += read;
        }

        return all.ToArray();
    }
}
