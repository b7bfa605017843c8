using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Ecr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>The settings that say which registry is asked: few, but what each means depends on the others.</summary>
/// <remarks>
/// Host          Endpoint   asked                                    token
/// -             -          the caller's own registry                yes
/// ECR name      -          that registry                            yes
/// ECR name      given      that registry, dialled at the endpoint   yes, unless Auth = none
/// -             given      the endpoint                             no, unless Auth = ecr or Aws.ControlPlane is given
/// other name    given      the endpoint; the name is not used       as without a name
/// other name    -          refused
/// </remarks>
internal static class UpstreamSettings
{
    public static UpstreamOptions Read(SettingValues values, X509Certificate2Collection? extraCertificates)
    {
        var endpoint = values.Get(SettingTable.UpstreamEndpoint);
        var host = ReadHost(values);
        return new UpstreamOptions
        {
            Host = host,
            Endpoint = endpoint,
            UsesEcrToken = ReadAuth(values, host),
            AllowedRedirectHosts = values.Get(SettingTable.AllowedRedirectHosts) ?? [],
            ExtraCertificates = extraCertificates,
            ConnectTimeout = values.Get(SettingTable.ConnectTimeout),
            FirstByteTimeout = values.Get(SettingTable.FirstByteTimeout),
            IdleTimeout = values.Get(SettingTable.IdleTimeout),
        };
    }

    private static EcrHost? ReadHost(SettingValues values)
    {
        if (values.Get(SettingTable.UpstreamHost) is not { } name)
        {
            return null;
        }

        if (EcrHost.TryParse(name, out var host))
        {
            return host;
        }

        if (values.IsGiven(SettingTable.UpstreamEndpoint))
        {
            values.Notice(
                $"Upstream.Host = {name} is not used: it is not an ECR host name, and Upstream.Endpoint says what is asked.");
        }
        else
        {
            values.Refuse(
                SettingTable.UpstreamHost,
                "is not an ECR host name (123456789012.dkr.ecr.REGION.amazonaws.com); another registry needs Upstream.Endpoint");
        }

        return null;
    }

    private static bool ReadAuth(SettingValues values, EcrHost? host)
    {
        var hasEndpoint = values.IsGiven(SettingTable.UpstreamEndpoint);
        if (!values.IsGiven(SettingTable.UpstreamAuth))
        {
            return host is not null || !hasEndpoint || values.IsGiven(SettingTable.AwsControlPlane);
        }

        var usesEcrToken = values.Get(SettingTable.UpstreamAuth);
        if (!usesEcrToken && !hasEndpoint && !values.IsRefused(SettingTable.UpstreamAuth))
        {
            values.Refuse(
                SettingTable.UpstreamAuth,
                "ECR answers nobody without a token; leave it out, or name an open registry in Upstream.Endpoint");
        }

        return usesEcrToken;
    }
}
