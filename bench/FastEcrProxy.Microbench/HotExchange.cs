using System.IO.Pipelines;
using FastEcrProxy.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FastEcrProxy.Microbench;

/// <summary>One client that sends the same request again and again, and a server that costs nothing: what is left is ours.</summary>
internal sealed class HotExchange : PipeWriter, IHttpResponseBodyFeature, IHttpRequestLifetimeFeature
{
    private readonly HttpResponseFeature _response = new();
    private readonly byte[] _buffer = new byte[64 * 1024];

    public HotExchange(string method, string target, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestFeature { Method = method, RawTarget = target, Path = target, Protocol = "HTTP/1.1" };
        foreach (var (name, value) in headers)
        {
            request.Headers.Append(name, value);
        }

        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpResponseFeature>(_response);
        features.Set<IHttpResponseBodyFeature>(this);
        features.Set<IHttpRequestLifetimeFeature>(this);
        Context = new DefaultHttpContext(features);
    }

    public HttpContext Context { get; }

    public long SentBytes { get; private set; }

    public PipeWriter Writer => this;

    public Stream Stream => Stream.Null;

    public CancellationToken RequestAborted { get; set; }

    /// <summary>Ready for the next answer.</summary>
    public HttpContext Next()
    {
        _response.Headers.Clear();
        _response.StatusCode = StatusCodes.Status200OK;
        return Context;
    }

    /// <summary>Fails where what would be measured is not an answer of so many bytes.</summary>
    public void Expect(RequestPipeline pipeline, long bytes)
    {
        var before = SentBytes;
        pipeline.InvokeAsync(Next()).GetAwaiter().GetResult();
        if (Context.Response.StatusCode != StatusCodes.Status200OK || SentBytes - before != bytes)
        {
            throw new InvalidOperationException($"Status {Context.Response.StatusCode}, {SentBytes - before} bytes.");
        }
    }

    public override void Advance(int bytes) => SentBytes += bytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

    public override Span<byte> GetSpan(int sizeHint = 0) => _buffer;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        source.CopyTo(_buffer);
        SentBytes += source.Length;
        return default;
    }

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }

    public void Abort()
    {
    }

    public void DisableBuffering()
    {
    }

    public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task CompleteAsync() => Task.CompletedTask;
}
