namespace FastEcrProxy.LoadBench.Upstream;

/// <summary>A client of the layer store, and the thread that it has for itself.</summary>
internal sealed class StoreConnection
{
    private const int HeadBytesMax = 16 << 10; // signed URLs take two

    private readonly LayerStore _store;
    private readonly StoreSocket _socket;
    private readonly Thread _thread;
    private readonly byte[] _received = new byte[HeadBytesMax];
    private int _receivedBytes;

    public StoreConnection(LayerStore store, StoreSocket socket)
    {
        (_store, _socket) = (store, socket);
        _thread = new Thread(Serve) { IsBackground = true, Name = "layers" };
    }

    public void Start() => _thread.Start();

    /// <summary>Must not be called once the store has forgotten this connection.</summary>
    public void HangUp() => _socket.HangUp();

    public void Join() => _thread.Join();

    private void Serve()
    {
        while (TryReceive(out var request) && TryAnswer(request) && !request.IsLast)
        {
            // the next one
        }

        _store.Forget(this);
        _socket.Dispose();
    }

    private bool TryReceive(out LayerRequest request)
    {
        while (!LayerRequest.TryRead(_received.AsSpan(0, _receivedBytes), out request))
        {
            var came = _socket.Receive(_received.AsSpan(_receivedBytes));
            if (came == 0) // or the head is too long: there is no room then
            {
                return false;
            }

            _receivedBytes += came;
        }

        _received.AsSpan(request.HeadBytes, _receivedBytes - request.HeadBytes).CopyTo(_received);
        _receivedBytes -= request.HeadBytes;
        return true;
    }

    private bool TryAnswer(LayerRequest request)
    {
        var answer = LayerAnswer.To(request, _store.Find(request.Path));
        if (answer.Layer is not null && request.Method == "GET")
        {
            _store.CountGet();
        }

        return _socket.Send(answer.Head(request.IsLast), answer.HasBody) && (!answer.HasBody || TrySendBody(answer));
    }

    private bool TrySendBody(LayerAnswer answer)
    {
        var pace = new SendPace(_store.BytesPerSecond);
        for (var sent = 0L; sent < answer.Range.Length;)
        {
            var count = Math.Min(answer.Range.Length - sent, pace.SliceBytes);
            var taken = _socket.SendFile(answer.Layer!.File, answer.Range.First + sent, count);
            if (taken == 0)
            {
                return false; // most clients that leave do it in the middle
            }

            _store.CountSent(taken);
            sent += taken;
            pace.Wait(sent);
        }

        return true;
    }
}
