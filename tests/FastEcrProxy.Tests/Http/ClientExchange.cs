using System.Text;
using FastEcrProxy.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FastEcrProxy.Tests.Http;

/// <summary>One request as a server hands it over, and what came back.</summary>
internal sealed class ClientExchange : HttpResponseFeature, IHttpRequestLifetimeFeature
{
    private readonly CancellationTokenSource _aborted = new();
    private readonly BodyStream _body;
    private bool _started;

    public ClientExchange(string method, string target, params (string Name, string Value)[] headers)
    {
        _body = new BodyStream(this);
        var request = new HttpRequestFeature
        {
            Method = method,
            RawTarget = target,
            Path = "/decoded/by/the/server",
            Protocol = "HTTP/1.1",
            Scheme = "http",
        };
        var query = target.IndexOf('?', StringComparison.Ordinal);
        request.QueryString = query < 0 ? "" : target[query..];
        foreach (var (name, value) in headers)
        {
            request.Headers.Append(name, value);
        }

        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpResponseFeature>(this);
        features.Set<IHttpResponseBodyFeature>(new BodyFeature(this));
        features.Set<IHttpRequestLifetimeFeature>(this);
        Context = new DefaultHttpContext(features);
    }

    public HttpContext Context { get; }

    /// <summary>The client hangs up when it has this many bytes.</summary>
    public long LeavesAfter { get; set; } = long.MaxValue;

    /// <summary>Whether the proxy broke the connection off.</summary>
    public bool WasAborted { get; private set; }

    public byte[] Sent => _body.ToArray();

    public string Text => Encoding.UTF8.GetString(Sent);

    public override bool HasStarted => _started;

    CancellationToken IHttpRequestLifetimeFeature.RequestAborted
    {
        get => _aborted.Token;
        set => throw new NotSupportedException();
    }

    /// <summary>A header of the answer; empty where it has none.</summary>
    public string this[string header] => Context.Response.Headers[header].ToString();

    void IHttpRequestLifetimeFeature.Abort() => WasAborted = true;

    public void Leave() => _aborted.Cancel();

    public async Task<ClientExchange> ThroughAsync(RequestPipeline pipeline)
    {
        await pipeline.InvokeAsync(Context);
        await Context.Response.BodyWriter.FlushAsync(TestContext.Current.CancellationToken);
        return this;
    }

    private sealed class BodyFeature(ClientExchange exchange) : StreamResponseBodyFeature(exchange._body)
    {
        public override Task StartAsync(CancellationToken cancellationToken = default)
        {
            exchange._started = true;
            return base.StartAsync(cancellationToken);
        }
    }

    private sealed class BodyStream(ClientExchange exchange) : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            exchange._started = true;
            await base.WriteAsync(buffer, cancellationToken);
            if (Length >= exchange.LeavesAfter)
            {
                exchange.Leave();
            }
        }
    }
}
