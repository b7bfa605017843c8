using System.Net;
using System.Net.Sockets;
using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Servers;

/// <summary>
/// Debian's docker-registry as a pull-through cache. It cannot log in to ECR (Basic, without a token server), so nginx does
/// that for it; fair for what comes from its cache, not for anything else.
/// </summary>
internal sealed class DockerRegistryContender() : Contender(Names.DockerRegistry)
{
    private const int ConnectTriesMax = 1000;

    private readonly NginxContender _login = new(Names.Nginx);

    public override string? Missing => FindProgram("docker-registry") is null ? "docker-registry is not installed" : _login.Missing;

    public override async Task<RunningServer> StartAsync(ServerSetting setting)
    {
        var folder = Directory.CreateDirectory(Path.Combine(setting.Folder, "login")).FullName;
        var login = await _login.StartAsync(setting with { Folder = folder, Core = null, Tls = false, LogEverything = false });
        await ListeningAsync(login.Port); // it asks once when it starts, and gives up
        var port = FreePort.Take();
        var configuration = Path.Combine(setting.Folder, "config.yml");
        await File.WriteAllTextAsync(configuration, Configuration(setting, port, login.Port));
        var command = new[] { FindProgram("docker-registry")!, "serve", configuration };
        var process = ServerProcess.Start(command, new Dictionary<string, string>(), setting.Core, setting.LogFile);
        return new RunningServer(Name, port)
        {
            Tls = setting.Tls,
            Folder = setting.Folder,
            PathOf = PathInRegistry,
            Process = process,
            Companion = login,
        };
    }

    private static async Task ListeningAsync(int port)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        for (var tries = 0; tries < ConnectTriesMax; tries++)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                await timer.WaitForNextTickAsync();
            }
        }
    }

    private static string TlsLine(Certificates files) => $"tls: {{ certificate: {files.CertificateFile}, key: {files.KeyFile} }}";

    private static string Configuration(ServerSetting setting, int port, int loginPort) =>
        $$"""
        version: 0.1
        log:
          accesslog: { disabled: {{(setting.LogEverything ? "false" : "true")}} }
          level: {{(setting.LogEverything ? "info" : "error")}}
        storage: { filesystem: { rootdirectory: {{setting.Folder}}/cache }, cache: { blobdescriptor: inmemory } }
        http:
          addr: 127.0.0.1:{{port}}
          {{(setting.Tls ? TlsLine(setting.Certificates) : "")}}
        proxy: { remoteurl: "http://127.0.0.1:{{loginPort}}" }

        """;
}
