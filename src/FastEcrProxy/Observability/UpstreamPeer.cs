namespace FastEcrProxy.Observability;

/// <summary>
/// Whom the proxy asks: the registry itself, the store that it redirects to for layers (S3), or the service that it sends to for
/// tokens. AWS's API is none of these.
/// </summary>
internal enum UpstreamPeer
{
    Registry,
    Layers,
    Tokens,
}
