using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace FastEcrProxy.LoadBench.Upstream;

/// <summary>
/// The stand-in for S3: layers from files, by blocking calls, with a thread for each connection. It has to cost little, since
/// the server under test gets what it leaves of the machine; LocalEcr's own layers origin costs half as much again over TLS,
/// and more than twice as much without.
/// </summary>
internal sealed class LayerStore : IDisposable
{
    private const int BacklogMax = 512;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<string, StoredLayer> _layers = new();
    private readonly TlsIdentity? _identity;
    private readonly Thread _accepting;
    private readonly Lock _gate = new();
    private readonly HashSet<StoreConnection> _open = [];
    private long _gets;
    private long _bytesSent;

    /// <exception cref="IOException">Certificate or key cannot be used.</exception>
    public LayerStore(UpstreamSpec spec)
    {
        BytesPerSecond = spec.BytesPerSecond;
        _identity = spec.CertificateFile is null ? null : new TlsIdentity(spec.CertificateFile, spec.KeyFile!);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(BacklogMax);
        Address = new Uri($"{(_identity is null ? "http" : "https")}://{_listener.LocalEndPoint}");
        _accepting = new Thread(Accept) { IsBackground = true, Name = "layer store" };
        _accepting.Start();
    }

    public Uri Address { get; }

    /// <summary>What each connection gets; zero is no limit.</summary>
    public long BytesPerSecond { get; }

    /// <summary>GETs of layers that are here, whole and ranged.</summary>
    public long Gets => Interlocked.Read(ref _gets);

    /// <summary>Bytes of bodies that went into sockets, whether or not they arrived.</summary>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    public void Put(string path, StoredLayer layer) => _layers[path] = layer;

    public StoredLayer? Find(string path) => _layers.GetValueOrDefault(path);

    public void CountGet() => Interlocked.Increment(ref _gets);

    public void CountSent(long bytes) => Interlocked.Add(ref _bytesSent, bytes);

    /// <summary>Counting begins anew.</summary>
    public void Reset()
    {
        Interlocked.Exchange(ref _gets, 0);
        Interlocked.Exchange(ref _bytesSent, 0);
    }

    /// <summary>The connection has ended. Until now its socket was open, so that it can be hung up.</summary>
    public void Forget(StoreConnection connection)
    {
        lock (_gate)
        {
            _open.Remove(connection);
        }
    }

    public void Dispose()
    {
        _listener.Dispose(); // which ends Accept
        _accepting.Join();
        List<StoreConnection> left;
        lock (_gate)
        {
            left = [.. _open];
            left.ForEach(static connection => connection.HangUp());
        }

        left.ForEach(static connection => connection.Join());
        foreach (var layer in _layers.Values)
        {
            layer.Dispose();
        }

        _identity?.Dispose();
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                var socket = _listener.Accept();
                socket.NoDelay = true;
                var connection = new StoreConnection(
                    this, _identity is null ? new PlainStoreSocket(socket) : new TlsStoreSocket(socket, _identity));
                lock (_gate)
                {
                    _open.Add(connection);
                }

                connection.Start();
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // the store has been closed
        }
    }
}
