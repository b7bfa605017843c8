using System.Net;

namespace FastEcrProxy.Ecr;

/// <summary>
/// The machine's HTTP proxy (<c>HTTPS_PROXY</c>, <c>NO_PROXY</c>) for everything that is dialled, but for this machine
/// itself: nobody's proxy reaches another machine's loopback.
/// </summary>
internal sealed class OutboundProxy : IWebProxy
{
    public static readonly OutboundProxy Instance = new();

#pragma warning disable RS0030 // HttpClient: this is where .NET keeps what the environment says
    private static IWebProxy OfTheEnvironment => HttpClient.DefaultProxy;
#pragma warning restore RS0030

    public ICredentials? Credentials
    {
        get => OfTheEnvironment.Credentials;
        set => OfTheEnvironment.Credentials = value;
    }

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : OfTheEnvironment.GetProxy(destination);

    public bool IsBypassed(Uri host) => host.IsLoopback || OfTheEnvironment.IsBypassed(host);
}
