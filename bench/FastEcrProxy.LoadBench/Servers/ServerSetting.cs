using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Servers;

/// <summary>What a server is started with.</summary>
internal sealed record ServerSetting
{
    public required UpstreamAddress Upstream { get; init; }

    /// <summary>Its own: cache, configuration, temporary files. May hold the cache of an earlier start.</summary>
    public required string Folder { get; init; }

    /// <summary>What it prints goes here.</summary>
    public required string LogFile { get; init; }

    public required Certificates Certificates { get; init; }

    /// <summary>Where the files of all content are.</summary>
    public required string ContentFolder { get; init; }

    public int? Core { get; init; }

    /// <summary>Serves its clients over TLS.</summary>
    public bool Tls { get; init; }

    /// <summary>A line in its log for each request, as an operator has it; otherwise as little as it can.</summary>
    public bool LogEverything { get; init; }
}
