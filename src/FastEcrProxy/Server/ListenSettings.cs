using System.Net;

namespace FastEcrProxy.Server;

/// <summary>The settings of the ports: where they are, and what stands before HTTP on the clients' ones.</summary>
internal static class ListenSettings
{
    public static ListenOptions Read(SettingValues values, bool tlsDemanded)
    {
        var options = new ListenOptions
        {
            Address = values.Get(ListenTable.Address)!,
            PlainAddress = values.Get(ListenTable.PlainAddress),
            Certificates = TlsSettings.Read(values, tlsDemanded),
            Http2 = values.Get(ListenTable.Http2),
            Hsts = values.Given(ListenTable.Hsts),
            ClientAuthority = TlsSettings.ReadClientAuthority(values),
            TrustedProxies =
                [.. values.Items(ListenTable.TrustedProxies, ClientNetworks.ProblemWith).Select(ClientNetworks.Parse)],
            ProxyProtocol = values.Get(ListenTable.ProxyProtocol),
            StallTimeout = values.Get(ListenTable.StallTimeout),
            FileOutput = values.Get(ListenTable.FileOutput),
            ShutdownGrace = values.Get(ListenTable.ShutdownGrace),
            Connections = LimitSettings.ReadConnections(values),
        };
        Check(values, options);
        return options;
    }

    public static IPEndPoint ReadAdminAddress(SettingValues values)
    {
        var admin = values.Get(SettingTable.AdminAddress)!;
        foreach (var setting in new[] { ListenTable.Address, ListenTable.PlainAddress })
        {
            if (values.Get(setting) is { } listen && admin is not null && ListenAddress.Clash(admin, listen))
            {
                values.Refuse(SettingTable.AdminAddress, $"the same port as {setting.Key} ({listen}); write another one");
            }
        }

        return admin!;
    }

    /// <summary>Tries whether all ports can be opened, so that a port in use is said together with all else.</summary>
    public static void TryPorts(SettingValues values)
    {
        foreach (var setting in new[] { ListenTable.Address, ListenTable.PlainAddress, SettingTable.AdminAddress })
        {
            if (!values.IsRefused(setting) && values.Get(setting) is { } address && ListenAddress.Problem(address) is { } problem)
            {
                values.Refuse(setting, problem);
            }
        }
    }

    /// <summary>What has no use, or no sense, without something else.</summary>
    private static void Check(SettingValues values, ListenOptions options)
    {
        var isTls = values.IsGiven(ListenTable.Certificate);
        var hasBalancers = values.IsGiven(ListenTable.TrustedProxies);
        if (options.PlainAddress is { } plain)
        {
            if (!isTls)
            {
                values.Refuse(
                    ListenTable.PlainAddress,
                    "Listen.Address is plain HTTP already; give Listen.Certificate and Listen.Key, or leave this out");
            }
            else if (options.Address is { } address && ListenAddress.Clash(plain, address))
            {
                values.Refuse(ListenTable.PlainAddress, $"the same port as Listen.Address ({address}); write another one");
            }
        }

        if (options.Http2 && !isTls)
        {
            values.Refuse(ListenTable.Http2, "clients speak HTTP/2 over TLS only; give Listen.Certificate and Listen.Key");
        }

        if (options.Hsts is not null && !isTls && !hasBalancers)
        {
            values.Refuse(
                ListenTable.Hsts,
                "nobody comes by TLS; give Listen.Certificate and Listen.Key, or Listen.TrustedProxies where a balancer has it");
        }

        if (options.ProxyProtocol && !hasBalancers)
        {
            values.Refuse(
                ListenTable.ProxyProtocol, "anybody could say to be anybody; give the networks of the balancers in Listen.TrustedProxies");
        }
    }
}
