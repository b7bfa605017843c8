using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Observability;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Upstream;

/// <summary>A rule with a near and a far registry, each answering as the test says, without a network and on the test's clock.</summary>
internal sealed class TwoRegistries : HttpMessageHandler, ILoggerFactory
{
    public const string Near = "near.example";
    public const string Far = "far.example";

    private readonly Dictionary<string, Func<HttpRequestMessage, HttpResponseMessage>> _answers = [];
    private readonly RegistryPool _pool;

    public TwoRegistries(Func<RuleOptions, RuleOptions>? rule = null)
    {
        var options = new RuleOptions { Name = "team", Registries = [Rules.Endpoint($"https://{Near}"), Rules.Endpoint($"https://{Far}")] };
        Rule = rule?.Invoke(options) ?? options;
        _pool = new RegistryPool(
            [Rule], static (_, _, _) => NoAuth.Instance, Measured.Metrics, Time, this,
            _ => new Connections(new HttpMessageInvoker(this, false), new HttpMessageInvoker(this, false)));
        Registries = _pool.Of(Rule);
        Probes = new RegistryProbes(_pool, Time, NullLogger<RegistryProbes>.Instance);
    }

    public RuleOptions Rule { get; }

    public FakeTimeProvider Time { get; } = new();

    public MeasuredValues Measured { get; } = new();

    public Registries Registries { get; }

    public RegistryProbes Probes { get; }

    /// <summary>Host, method and path of each request.</summary>
    public List<string> Asked { get; } = [];

    public LogLines<UpstreamEvents> Events { get; } = new();

    public TwoRegistries Answers(string host, Func<HttpRequestMessage, HttpResponseMessage> answer)
    {
        _answers[host] = answer;
        return this;
    }

    public TwoRegistries IsDown(string host) => Answers(host, static _ => throw new HttpRequestException(HttpRequestError.ConnectionError));

    /// <summary>The result, with the clock moved while it is waited for.</summary>
    public Task<T> ElapseAsync<T>(ValueTask<T> pending) => StubbedRegistry.ElapseAsync(pending, Time);

    public Task<Fetched<ManifestHead>> HeadAsync(string reference) =>
        ElapseAsync(Registries.HeadManifestAsync(StubbedRegistry.App, Reference(reference), [], TestContext.Current.CancellationToken));

    public Registry Named(string host) => Registries.All.Single(registry => registry.Name.EndsWith(host, StringComparison.Ordinal));

    public static Reference Reference(string text) =>
        FastEcrProxy.Oci.Reference.TryParse(text, out var reference) ? reference : throw new ArgumentException(text);

    ILogger ILoggerFactory.CreateLogger(string categoryName) =>
        categoryName.EndsWith(nameof(UpstreamEvents), StringComparison.Ordinal) ? Events : NullLogger.Instance;

    void ILoggerFactory.AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        lock (Asked)
        {
            Asked.Add($"{request.RequestUri!.Host} {request.Method} {request.RequestUri.AbsolutePath}");
        }

        return Task.FromResult(_answers[request.RequestUri!.Host](request));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _pool?.Dispose();
            Measured.Dispose();
        }

        base.Dispose(disposing);
    }
}
