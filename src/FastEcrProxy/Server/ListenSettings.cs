using System.Net;

namespace FastEcrProxy.Server;

/// <summary>The settings of the two ports: where they are, and what makes the clients' one HTTPS.</summary>
internal static class ListenSettings
{
    public static ListenOptions Read(SettingValues values, bool tlsDemanded) => new()
    {
        Address = values.Get(SettingTable.ListenAddress)!,
        Certificate = ReadCertificate(values, tlsDemanded),
        StallTimeout = values.Get(SettingTable.StallTimeout),
        FileOutput = values.Get(SettingTable.FileOutput),
        ShutdownGrace = values.Get(SettingTable.ShutdownGrace),
    };

    public static IPEndPoint ReadAdminAddress(SettingValues values)
    {
        var admin = values.Get(SettingTable.AdminAddress)!;
        if (values.Get(SettingTable.ListenAddress) is { } listen && admin is not null && ListenAddress.Clash(admin, listen))
        {
            values.Refuse(SettingTable.AdminAddress, $"the same port as Listen.Address ({listen}); write another one");
        }

        return admin!;
    }

    /// <summary>Tries whether both ports can be opened, so that a port in use is said together with all else.</summary>
    public static void TryPorts(SettingValues values)
    {
        foreach (var setting in new[] { SettingTable.ListenAddress, SettingTable.AdminAddress })
        {
            if (!values.IsRefused(setting) && ListenAddress.Problem(values.Get(setting)!) is { } problem)
            {
                values.Refuse(setting, problem);
            }
        }
    }

    private static ServerCertificate? ReadCertificate(SettingValues values, bool tlsDemanded)
    {
        var certificateFile = values.Get(SettingTable.ListenCertificate);
        var keyFile = values.Get(SettingTable.ListenKey);
        if (tlsDemanded && !values.IsGiven(SettingTable.ListenCertificate) && !values.IsGiven(SettingTable.ListenKey))
        {
            values.Refuse(new SettingError(
                FormerVariables.EnableTls, "true", "needs REGISTRY_HTTP_TLS_CERTIFICATE and REGISTRY_HTTP_TLS_KEY"));
        }
        else if (values.IsGiven(SettingTable.ListenCertificate) && !values.IsGiven(SettingTable.ListenKey))
        {
            values.Refuse(SettingTable.ListenCertificate, "needs its key: give Listen.Key too");
        }
        else if (values.IsGiven(SettingTable.ListenKey) && !values.IsGiven(SettingTable.ListenCertificate))
        {
            values.Refuse(SettingTable.ListenKey, "needs its certificate: give Listen.Certificate too");
        }

        if (certificateFile is null || keyFile is null)
        {
            return null;
        }

        var (certificate, certificateProblem, keyProblem) = ServerCertificate.Load(certificateFile, keyFile);
        if (certificateProblem is not null)
        {
            values.Refuse(SettingTable.ListenCertificate, certificateProblem);
        }

        if (keyProblem is not null)
        {
            values.Refuse(SettingTable.ListenKey, keyProblem);
        }

        return certificate;
    }
}
