using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Servers;

/// <summary>The published fast-ecr-proxy, as it is or with other settings.</summary>
internal sealed class ProxyContender(string name, string binary, IReadOnlyDictionary<string, string> extra) : Contender(name)
{
    public override Task<RunningServer> StartAsync(ServerSetting setting)
    {
        var (port, adminPort) = (FreePort.Take(), FreePort.Take());
        var upstream = setting.Upstream;
        var environment = new Dictionary<string, string>
        {
            ["HOME"] = setting.Folder, // no ~/.aws
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["AWS_ACCESS_KEY_ID"] = upstream.AccessKeyId,
            ["AWS_SECRET_ACCESS_KEY"] = upstream.SecretAccessKey,
            ["FEP_Upstream__Host"] = upstream.EcrHost,
            ["FEP_Upstream__Endpoint"] = upstream.Registry.ToString(),
            ["FEP_Upstream__AllowedRedirectHosts"] = upstream.Layers.Authority,
            ["FEP_Upstream__CaFile"] = setting.Certificates.CaFile,
            ["FEP_Aws__ControlPlane"] = upstream.ControlPlane.ToString(),
            ["FEP_Listen__Address"] = $"127.0.0.1:{port}",
            ["FEP_Listen__ShutdownGrace"] = "1s",
            ["FEP_Admin__Address"] = $"127.0.0.1:{adminPort}",
            ["FEP_Cache__Directory"] = Path.Combine(setting.Folder, "cache"),
            ["FEP_Cache__FreeSpace"] = "64MiB",
        };
        if (setting.Tls)
        {
            environment["FEP_Listen__Certificate"] = setting.Certificates.CertificateFile;
            environment["FEP_Listen__Key"] = setting.Certificates.KeyFile;
        }

        if (!setting.LogEverything)
        {
            environment["FEP_Log__Level"] = "warning"; // nginx has its access log off
        }

        foreach (var (key, value) in extra)
        {
            environment[key] = value;
        }

        return Task.FromResult(new RunningServer(Name, port)
        {
            AdminPort = adminPort,
            Tls = setting.Tls,
            Folder = setting.Folder,
            PathOf = PathInRegistry,
            Process = ServerProcess.Start([binary, "serve"], environment, setting.Core, setting.LogFile),
        });
    }
}
