using System.Net.Security;
using Amazon.Runtime;

namespace FastEcrProxy.Ecr;

/// <summary>The connections to ECR's API: the SDK's own would know neither our CAs nor our connect time-out.</summary>
internal sealed class EcrConnections(EcrOptions options) : HttpClientFactory
{
    // A token is fetched every few hours: a connection kept longer would be dead when it is needed.
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(20);

    private readonly SocketsHttpHandler _handler = new()
    {
        AllowAutoRedirect = false, // a signed request is for one host
        UseCookies = false,
        Proxy = OutboundProxy.Instance,
        ConnectTimeout = options.ConnectTimeout,
        PooledConnectionIdleTimeout = IdleTimeout,
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = TrustedCertificates.Validation(options.ExtraCertificates),
        },
    };

    /// <summary>A shell around the shared connections: the SDK asks for one per call and disposes of it.</summary>
#pragma warning disable RS0030 // HttpClient: the SDK's factory has to return one
    public override HttpClient CreateHttpClient(IClientConfig clientConfig) =>
        new(_handler, disposeHandler: false) { Timeout = options.TotalTimeout };
#pragma warning restore RS0030

    /// <summary>No: the SDK's cache is shared by the process, and would mix clients that trust different CAs.</summary>
    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;
}
