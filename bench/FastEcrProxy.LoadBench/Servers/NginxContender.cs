using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Servers;

/// <summary>nginx in the classic ECR proxy recipe.</summary>
/// <param name="name">In the tables.</param>
/// <param name="lockTime">For proxy_cache_lock_timeout and proxy_cache_lock_age; null is nginx's default, as in the recipe.</param>
/// <param name="keepsConnections">To registry and layer store; the recipe as people run it opens a new one for each request.</param>
internal sealed class NginxContender(string name, string? lockTime = null, bool keepsConnections = true) : Contender(name)
{
    public override string? Missing => FindProgram("nginx") is null ? "nginx is not installed" : null;

    public override Task<RunningServer> StartAsync(ServerSetting setting)
    {
        var port = FreePort.Take();
        var configuration = Path.Combine(setting.Folder, "nginx.conf");
        File.WriteAllText(configuration, new NginxConfiguration(setting, port, lockTime, keepsConnections).Text);
        var command = new[] { FindProgram("nginx")!, "-p", setting.Folder, "-c", configuration, "-e", "stderr" };
        return Task.FromResult(new RunningServer(Name, port)
        {
            Tls = setting.Tls,
            Folder = setting.Folder,
            PathOf = PathInRegistry,
            AsksOnEveryHit = true,
            Process = ServerProcess.Start(command, new Dictionary<string, string>(), setting.Core, setting.LogFile),
        });
    }
}
