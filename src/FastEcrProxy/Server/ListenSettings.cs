using System.Net;

namespace FastEcrProxy.Server;

/// <summary>The settings of the two ports: where they are, and what makes the clients' one HTTPS.</summary>
internal static class ListenSettings
{
    public static ListenOptions Read(SettingValues values, bool tlsDemanded) => new()
    {
        Address = values.Get(ListenTable.Address)!,
        Certificate = ReadCertificate(values, tlsDemanded),
        StallTimeout = values.Get(ListenTable.StallTimeout),
        FileOutput = values.Get(ListenTable.FileOutput),
        ShutdownGrace = values.Get(ListenTable.ShutdownGrace),
        Connections = LimitSettings.ReadConnections(values),
    };

    public static IPEndPoint ReadAdminAddress(SettingValues values)
    {
        var admin = values.Get(SettingTable.AdminAddress)!;
        if (values.Get(ListenTable.Address) is { } listen && admin is not null && ListenAddress.Clash(admin, listen))
        {
            values.Refuse(SettingTable.AdminAddress, $"the same port as Listen.Address ({listen}); write another one");
        }

        return admin!;
    }

    /// <summary>Tries whether both ports can be opened, so that a port in use is said together with all else.</summary>
    public static void TryPorts(SettingValues values)
    {
        foreach (var setting in new[] { ListenTable.Address, SettingTable.AdminAddress })
        {
            if (!values.IsRefused(setting) && ListenAddress.Problem(values.Get(setting)!) is { } problem)
            {
                values.Refuse(setting, problem);
            }
        }
    }

    private static ServerCertificate? ReadCertificate(SettingValues values, bool tlsDemanded)
    {
        var certificateFile = values.Get(ListenTable.Certificate);
        var keyFile = values.Get(ListenTable.Key);
        if (tlsDemanded && !values.IsGiven(ListenTable.Certificate) && !values.IsGiven(ListenTable.Key))
        {
            values.Refuse(new SettingError(
                FormerVariables.EnableTls, "true", "needs REGISTRY_HTTP_TLS_CERTIFICATE and REGISTRY_HTTP_TLS_KEY"));
        }
        else if (values.IsGiven(ListenTable.Certificate) && !values.IsGiven(ListenTable.Key))
        {
            values.Refuse(ListenTable.Certificate, "needs its key: give Listen.Key too");
        }
        else if (values.IsGiven(ListenTable.Key) && !values.IsGiven(ListenTable.Certificate))
        {
            values.Refuse(ListenTable.Key, "needs its certificate: give Listen.Certificate too");
        }

        if (certificateFile is null || keyFile is null)
        {
            return null;
        }

        var (certificate, certificateProblem, keyProblem) = ServerCertificate.Load(certificateFile, keyFile);
        if (certificateProblem is not null)
        {
            values.Refuse(ListenTable.Certificate, certificateProblem);
        }

        if (keyProblem is not null)
        {
            values.Refuse(ListenTable.Key, keyProblem);
        }

        return certificate;
    }
}
