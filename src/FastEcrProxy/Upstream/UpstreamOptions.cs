using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Upstream;

/// <summary>Which registry is asked, how it is reached, and how long it may take.</summary>
internal sealed record UpstreamOptions
{
    /// <summary>The ECR registry. Null: the caller's own, as GetAuthorizationToken names it, or <see cref="Endpoint"/> alone.</summary>
    public EcrHost? Host { get; init; }

    /// <summary>What is dialled instead of the registry's own address: a private endpoint, a stand-in, another registry.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>
    /// Whether what is dialled was named by a client, and the operator knows no more of it than a pattern: then not every address
    /// is dialled (<see cref="ClientNamedHosts"/>), the registry's as little as those that it sends to.
    /// </summary>
    public bool IsNamedByClient { get; init; }

    /// <summary>What the registry is shown. All kinds but the two of ECR need <see cref="Endpoint"/>.</summary>
    public RegistryAuthOptions Auth { get; init; } = RegistryAuthOptions.Ecr;

    /// <summary>Whether requests carry an ECR token: short for the two <see cref="Auth"/> that need no more words.</summary>
    public bool UsesEcrToken
    {
        get => Auth.Kind is RegistryAuthKind.Ecr;
        init => Auth = value ? RegistryAuthOptions.Ecr : RegistryAuthOptions.None;
    }

    /// <summary>What it is called in requests, where that is not what is dialled: a proxy may have rules by host. Null: the same.</summary>
    public string? CalledAs { get; init; }

    /// <summary>What another proxy of ours is told as containerd's <c>ns</c>: the registry that it stands in for. Null: nothing.</summary>
    public string? Namespace { get; init; }

    /// <summary>Whether a proxy's last known answer about a tag, from before the registry went away, is no answer here.</summary>
    public bool TakesNothingStale { get; init; }

    /// <summary>
    /// Hosts (with port, where it is not the scheme's own) that a blob's redirect may name, besides the layer bucket of ECR's
    /// Region and the registry itself.
    /// </summary>
    public IReadOnlyList<string> AllowedRedirectHosts { get; init; } = [];

    /// <summary>Trusted besides the system's CAs.</summary>
    public X509Certificate2Collection? ExtraCertificates { get; init; }

    /// <summary>Longest wait for a connection, TLS included. Default 5 s: clients are told before they give up.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait for the head of an answer. Default 20 s.</summary>
    public TimeSpan FirstByteTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Longest silence inside a body. Default 30 s, then the rest is asked for on a new connection.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
