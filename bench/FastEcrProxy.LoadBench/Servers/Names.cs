namespace FastEcrProxy.LoadBench.Servers;

/// <summary>What the servers are called in tables.</summary>
internal static class Names
{
    public const string Proxy = "fast-ecr-proxy";
    public const string OneConnection = "fast-ecr-proxy, FetchConnections=1";
    public const string Nginx = "nginx";
    public const string PatientNginx = "nginx, lock_timeout and lock_age 1h";
    public const string RealNginx = "nginx, upstream connections not kept";
    public const string DockerRegistry = "docker-registry";
    public const string Floor = "C sendfile loop";
    public const string NoProxy = "no proxy: the stand-in alone";
}
