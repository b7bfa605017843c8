using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Server;

namespace FastEcrProxy.Cli;

/// <summary>The settings of a proxy in front of the local stand-in: those that a person would write, and nothing hidden.</summary>
internal static class DemoSettings
{
    private const string DefaultListen = "127.0.0.1:5000";
    private const string AnyPort = "127.0.0.1:0";

    public static (ProxySettings? Settings, IReadOnlyList<SettingError> Errors) Read(LocalRegion region, string directory, string? listen)
    {
        var result = SettingsReader.Read(new SettingsInput
        {
            ToServe = true,
            Flags = new Dictionary<string, string>
            {
                [ListenTable.Address.Key] = listen ?? (IsFree(DefaultListen) ? DefaultListen : AnyPort),
                [SettingTable.AdminAddress.Key] = AnyPort,
                [SettingTable.CacheDirectory.Key] = directory,
                [SettingTable.CacheFreeSpace.Key] = "64MiB",
                [SettingTable.Prefetch.Key] = "0", // the table tells which request cost what
                [SettingTable.UpstreamHost.Key] = region.EcrHost,
                [SettingTable.UpstreamEndpoint.Key] = region.Registry.GetLeftPart(UriPartial.Authority),
                [SettingTable.AllowedRedirectHosts.Key] = region.Layers.Authority,
                [SettingTable.AwsControlPlane.Key] = region.ControlPlane.GetLeftPart(UriPartial.Authority),
                [SettingTable.LogLevel.Key] = "warning",
            },
        });
        if (result.Settings is not null)
        {
            // The stand-in checks signatures; whatever keys this machine has are none of its business.
            result.Settings.Ecr.Credentials = new BasicAWSCredentials(region.AccessKeyId, region.SecretAccessKey);
        }

        return (result.Settings, result.Errors);
    }

    /// <summary>A taken default port is no reason to show nothing: another demo, or AirPlay on macOS.</summary>
    private static bool IsFree(string address)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(IPEndPoint.Parse(address));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
