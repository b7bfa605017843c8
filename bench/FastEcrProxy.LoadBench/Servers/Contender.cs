namespace FastEcrProxy.LoadBench.Servers;

/// <summary>A kind of server that takes part, under the name that it has in the tables.</summary>
internal abstract class Contender(string name)
{
    /// <summary>Everything that is pulled is in this repository.</summary>
    public const string Repository = "bench/app";

    public string Name => name;

    /// <summary>Why it cannot take part on this machine; null where it can.</summary>
    public virtual string? Missing => null;

    /// <summary>Starts it; whether it answers is found out by asking it.</summary>
    public abstract Task<RunningServer> StartAsync(ServerSetting setting);

    protected static string PathInRegistry(Content content) => content.PathIn(Repository);

    protected static string? FindProgram(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);
}
