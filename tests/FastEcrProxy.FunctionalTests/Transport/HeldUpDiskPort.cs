using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Observability;
using FastEcrProxy.Primitives;
using FastEcrProxy.Server;
using FastEcrProxy.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.FunctionalTests.Transport;

/// <summary>A whole data port whose threads for cold reads all stand before a gate, as before a disk that does not answer.</summary>
internal sealed partial class HeldUpDiskPort : IAsyncDisposable
{
    private const int Threads = 2;
    private const int DontNeed = 4; // POSIX_FADV_DONTNEED

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly string _directory = Directory.CreateTempSubdirectory("fep-disk-").FullName;
    private readonly ManualResetEventSlim _gate = new();
    private readonly DiskThreads _threads = new(Threads);
    private readonly LocalEcrServer _ecr;
    private readonly PullPath _pulls;
    private readonly WebApplication _port;
    private int _waiting;

    private HeldUpDiskPort(LocalEcrServer ecr)
    {
        _ecr = ecr;
        var settings = ProxyUnderTest.SettingsFor(ecr.Main, _directory);
        var meters = _services.GetRequiredService<IMeterFactory>();
        var metrics = new ProxyMetrics(meters);
        var (time, loggers) = (TimeProvider.System, NullLoggerFactory.Instance);
        var disk = new Disk(time, _threads);
        _pulls = new PullPath(settings, disk, time, metrics, loggers);
        Outputs = new FileOutputs(settings.Listen.StallTimeout, disk, time, metrics, NullLogger<FileOutputs>.Instance);
        _port = DataPort.Build(settings.Listen, loggers, meters, new ConnectionParts(Outputs: Outputs), AnswerAsync);
    }

    public FileOutputs Outputs { get; }

    public Content Content => _ecr.Main.Content;

    /// <summary>Answers that have begun and wait: in this place, for the disk.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public static async Task<HeldUpDiskPort> StartAsync()
    {
        Assert.SkipUnless(Libc.IsThere, "Only Linux can be asked what is in memory.");
        var cancel = TestContext.Current.CancellationToken;
        var port = new HeldUpDiskPort(await LocalEcrServer.StartAsync(cancel: cancel));
        await port._port.StartAsync(cancel);
        port._pulls.Start();
        return port;
    }

    public async Task<Socket> ConnectAsync()
    {
        var url = _port.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, BindingAddress.Parse(url).Port, TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>One answer's body, on a connection of its own.</summary>
    public async Task<byte[]> PullAsync(string path)
    {
        using var client = await ConnectAsync();
        await client.AskAsync($"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        return await client.ReadAnswerAsync();
    }

    /// <summary>A layer that is in the cache, on disk and in memory.</summary>
    public async Task<TestLayer> StoredLayerAsync(int length, int seed)
    {
        var layer = TestLayer.Random(length, seed);
        Content.PutBlob(TestLayer.Repository, layer.Bytes);
        Assert.Equal(layer.Bytes, await PullAsync(layer.Path()));
        await Until.TrueAsync(() => File.Exists(layer.FileIn(_directory)));
        return layer;
    }

    /// <summary>From here on these layers are on disk only, and the disk does not answer.</summary>
    /// <remarks>
    /// Whoever asks for one has the kernel look, and read a little of it into memory: a second one may find it there.
    /// </remarks>
    public void HoldUp(IEnumerable<TestLayer> layers)
    {
        foreach (var layer in layers)
        {
            using var file = File.OpenHandle(layer.FileIn(_directory));
            _ = Advise(file, 0, 0, DontNeed);
        }

        for (var i = 0; i < Threads; i++)
        {
            _ = _threads.RunAsync(_gate.Wait);
        }
    }

    /// <summary>The disk answers again.</summary>
    public void Release() => _gate.Set();

    public async ValueTask DisposeAsync()
    {
        Release();
        await _port.DisposeAsync();
        await Outputs.DisposeAsync();
        await _pulls.DisposeAsync();
        await _services.DisposeAsync();
        await _ecr.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Not where files stay in memory whatever is said, as on tmpfs.</summary>
    public void SkipWhereNothingIsForgotten()
    {
        using var file = File.OpenHandle(
            Path.Combine(_directory, "probe"), FileMode.Create, FileAccess.ReadWrite, options: FileOptions.DeleteOnClose);
        RandomAccess.Write(file, new byte[4096], 0);
        RandomAccess.FlushToDisk(file);
        _ = Advise(file, 0, 0, DontNeed);
        Assert.SkipWhen(Libc.IsInMemory(file, 0), "This filesystem forgets nothing.");
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var answering = _pulls.Pipeline.InvokeAsync(http); // comes back when it is through, or waits
        Interlocked.Increment(ref _waiting);
        try
        {
            await answering;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
