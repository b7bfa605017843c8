using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Servers;

/// <summary>A server that takes requests: one under test, one to compare with, or the stand-in itself.</summary>
internal sealed class RunningServer(string name, int port) : IAsyncDisposable
{
    public string Name => name;

    public int Port => port;

    public int AdminPort { get; init; }

    public bool Tls { get; init; }

    /// <summary>Null where there is nothing between client and stand-in.</summary>
    public ServerProcess? Process { get; init; }

    /// <summary>What it needs beside it.</summary>
    public RunningServer? Companion { get; init; }

    public string Folder { get; init; } = "";

    /// <summary>Under which path it has something.</summary>
    public required Func<Content, string> PathOf { get; init; }

    /// <summary>Whether it asks the registry before it gives a layer from its cache.</summary>
    public bool AsksOnEveryHit { get; init; }

    public ProcessTree? Tree => Process?.Tree;

    public Wanted Want(Content content) => new(PathOf(content), content.Length, content.Digest);

    public async ValueTask DisposeAsync()
    {
        if (Process is not null)
        {
            await Process.DisposeAsync();
        }

        if (Companion is not null)
        {
            await Companion.DisposeAsync();
        }
    }
}
