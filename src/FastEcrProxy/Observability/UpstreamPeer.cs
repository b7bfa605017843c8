namespace FastEcrProxy.Observability;

/// <summary>Whom the proxy asks for content: the registry itself, or the store that it redirects to for layers (S3).</summary>
internal enum UpstreamPeer
{
    Registry,
    Layers,
}
