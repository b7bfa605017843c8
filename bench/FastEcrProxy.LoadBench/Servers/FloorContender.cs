using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Servers;

/// <summary>The bare C program that shows what the machine can do.</summary>
/// <param name="program">Compiled from Floor/floor.c; null where there is no compiler.</param>
internal sealed class FloorContender(string? program) : Contender(Names.Floor)
{
    public override string? Missing => program is null ? "no C compiler for Floor/floor.c" : null;

    public override Task<RunningServer> StartAsync(ServerSetting setting)
    {
        var port = FreePort.Take();
        var command = new[] { program!, $"{port}", setting.ContentFolder };
        return Task.FromResult(new RunningServer(Name, port)
        {
            PathOf = static content => "/" + Path.GetFileName(content.File),
            Process = ServerProcess.Start(command, new Dictionary<string, string>(), setting.Core, setting.LogFile),
        });
    }
}
