using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
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
using Microsoft.Extensions.Time.Testing;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.FunctionalTests.Transport;

/// <summary>
/// A data port that sends one file to everybody, by file output and nothing else, on a clock that the test moves. The test
/// looks for clients that stand still itself.
/// </summary>
internal sealed class FilePort : IAsyncDisposable
{
    public static readonly TimeSpan StallTimeout = TimeSpan.FromMinutes(1);

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fep-file-");
    private WebApplication? _port;
    private int _number;
    private int _answering;

    private FilePort(byte[] bytes)
    {
        Path = System.IO.Path.Combine(_directory.FullName, "file");
        File.WriteAllBytes(Path, bytes);
        Handle = File.OpenHandle(Path, share: FileShare.ReadWrite);
        Announced = bytes.Length;
        var meters = _services.GetRequiredService<IMeterFactory>();
        Outputs = new FileOutputs(
            StallTimeout, new Disk(Time), Time, new ProxyMetrics(meters), NullLogger<FileOutputs>.Instance);
    }

    public FakeTimeProvider Time { get; } = new();

    public FileOutputs Outputs { get; }

    public string Path { get; }

    public SafeFileHandle Handle { get; set; }

    /// <summary>What the head says, and how much is sent.</summary>
    public long Announced { get; set; }

    /// <summary>Sent in place of what the file could not give; empty: the connection is broken off.</summary>
    public ReadOnlyMemory<byte> Instead { get; set; }

    /// <summary>How each sending ended, in the order of the ends.</summary>
    public Queue<FileSent> Ends { get; } = [];

    /// <summary>Requests that are being answered.</summary>
    public int Answering => Volatile.Read(ref _answering);

    /// <summary>Whether nothing is left of any connection: no descriptor, no task, no output.</summary>
    public bool HasNothingLeft => Answering == 0 && Outputs.Count == 0 && OpenDescriptors() == 0;

    /// <summary>Breaks off the connection that is sent to now.</summary>
    public Action Abort { get; private set; } = () => { };

    public static async Task<FilePort> StartAsync(byte[] bytes)
    {
        var port = new FilePort(bytes);
        var options = new FastEcrProxy.Server.ListenOptions { Address = new IPEndPoint(IPAddress.Loopback, 0) };
        var meters = port._services.GetRequiredService<IMeterFactory>();
        var parts = new ConnectionParts(Outputs: port.Outputs);
        port._port = DataPort.Build(options, NullLoggerFactory.Instance, meters, parts, port.AnswerAsync);
        await port._port.StartAsync(TestContext.Current.CancellationToken);
        var url = port._port.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        port._number = BindingAddress.Parse(url).Port;
        return port;
    }

    /// <param name="receiveBufferBytes">Zero: the system's own.</param>
    public async Task<Socket> ConnectAsync(int receiveBufferBytes = 0)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        if (receiveBufferBytes > 0)
        {
            socket.ReceiveBufferSize = receiveBufferBytes;
        }

        await socket.ConnectAsync(IPAddress.Loopback, _number, TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>Connections to this port whose descriptor this process still has, as the kernel lists them.</summary>
    public int OpenDescriptors()
    {
        const string listening = "0A";
        var local = string.Create(CultureInfo.InvariantCulture, $"0100007F:{_number:X4}");
        return File.ReadLines("/proc/self/net/tcp")
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(columns => columns[1] == local && columns[3] != listening && columns[9] != "0"); // the inode, gone with its descriptor
    }

    public FileSent[] EndsSoFar()
    {
        lock (Ends)
        {
            return [.. Ends];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _port!.DisposeAsync();
        await Outputs.DisposeAsync();
        await _services.DisposeAsync();
        Handle.Dispose();
        _directory.Delete(recursive: true);
    }

    private async Task AnswerAsync(HttpContext http)
    {
        Interlocked.Increment(ref _answering);
        try
        {
            await SendAsync(http);
        }
        finally
        {
            Interlocked.Decrement(ref _answering);
        }
    }

    private async Task SendAsync(HttpContext http)
    {
        var output = http.Features.Get<IFileOutput>()!;
        Abort = http.Abort;
        http.Response.ContentLength = Announced;
        await http.Response.StartAsync();
        var sent = await output.SendFileAsync(Handle, 0, Announced, http.RequestAborted);
        if (sent.Bytes > 0)
        {
            http.Response.BodyWriter.GetMemory(1);
            http.Response.BodyWriter.Advance((int)sent.Bytes);
        }

        lock (Ends)
        {
            Ends.Enqueue(sent);
        }

        if (sent.End is FileSentEnd.FileFailed && !Instead.IsEmpty)
        {
            await http.Response.BodyWriter.WriteAsync(Instead);
        }
        else if (sent.End is not FileSentEnd.Complete)
        {
            http.Abort();
        }
    }
}
