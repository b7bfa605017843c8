using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>
/// Decides where a blob's redirect may lead. A registry that could send the proxy anywhere could have it read the machine's
/// metadata service, or hand out a stranger's bytes: only the layer bucket of ECR's Region (for ECR Public, CloudFront), the
/// registry itself and hosts that the operator names are followed.
/// </summary>
internal sealed class RedirectPolicy(UpstreamOptions options)
{
    private const int LocationLengthMax = 8 << 10; // ECR's are some 2 KB, with a session token

    private const string CloudFront = ".cloudfront.net";

    // Kept as sent: the signature covers the path's exact spelling.
    private static readonly UriCreationOptions AsSent = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>The address to go to, or why not. The failure names the host, never the address: it may be signed.</summary>
    /// <param name="location">The header as it was sent.</param>
    /// <param name="from">The address whose answer it was.</param>
    /// <param name="registry">The registry that was asked in the first place.</param>
    public Fetched<Uri> Check(string? location, Uri from, RegistryAddress registry)
    {
        if (Resolve(location, from) is not { } target)
        {
            return new FetchFailure(FetchError.BadAnswer, $"{from.Authority} redirects, but not to an address that can be read.");
        }

        if (Allows(target, registry))
        {
            return target;
        }

        var host = target.IsDefaultPort ? target.Host : $"{target.Host}:{target.Port}";
        return new FetchFailure(
            FetchError.BadAnswer,
            IsSchemeAllowed(target) && target.UserInfo.Length == 0
                ? $"redirect to host {host} is not allowed; Upstream.AllowedRedirectHosts allows it"
                : $"redirect to host {host} is not allowed: it has to be https, without user name");
    }

    private bool Allows(Uri target, RegistryAddress registry) =>
        IsSchemeAllowed(target)
        && target.UserInfo.Length == 0
        && (IsLayerBucket(target, registry) || registry.Owns(target) || NamedHosts.Contains(options.AllowedRedirectHosts, target)
            || IsPublicLayerStore(target));

    /// <summary>In the clear only where the operator has spelled the registry out that way.</summary>
    private bool IsSchemeAllowed(Uri target) =>
        target.Scheme == Uri.UriSchemeHttps
        || (target.Scheme == Uri.UriSchemeHttp && options.Endpoint?.Scheme == Uri.UriSchemeHttp);

    private static bool IsLayerBucket(Uri target, RegistryAddress registry) =>
        target.Scheme == Uri.UriSchemeHttps && target.IsDefaultPort && registry.Host?.AllowsRedirectTo(target.Host) == true;

    /// <summary>ECR Public's layers come from CloudFront, by the names that AWS gives its distributions, now and then others.</summary>
    private bool IsPublicLayerStore(Uri target) =>
        options.Auth.Kind is RegistryAuthKind.EcrPublic && target.Scheme == Uri.UriSchemeHttps && target.IsDefaultPort
        && target.Host.EndsWith(CloudFront, StringComparison.OrdinalIgnoreCase)
        && !target.Host.AsSpan(0, target.Host.Length - CloudFront.Length).Contains('.');

    private static Uri? Resolve(string? location, Uri from)
    {
        if (location is not { Length: > 0 and <= LocationLengthMax } || location.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return null; // a space or a line break would end the request line that it is written into
        }

        var fragment = location.IndexOf('#', StringComparison.Ordinal);
        location = fragment < 0 ? location : location[..fragment];

        // On Unix a path alone counts as an absolute file name, so the scheme is asked for.
        var isAbsolute = location.StartsWith("http:", StringComparison.OrdinalIgnoreCase)
            || location.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        if (isAbsolute)
        {
            return Uri.TryCreate(location, AsSent, out var absolute) ? absolute : null;
        }

        return Uri.TryCreate(from, location, out var relative) && relative.Scheme is "http" or "https" ? relative : null;
    }
}
