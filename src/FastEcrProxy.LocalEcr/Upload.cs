using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace FastEcrProxy.LocalEcr;

/// <summary>One upload between its POST and its PUT: how much of it is here, and the hash so far. One part at a time.</summary>
internal sealed class Upload(string repository, long keptBytesMax) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly UploadFile _file = new(keptBytesMax);
    private readonly ConcurrentDictionary<string, bool> _states = new();
    private long _received;

    public string Id { get; } = Guid.NewGuid().ToString();

    public string Repository => repository;

    public long Received => Interlocked.Read(ref _received);

    /// <summary>How much was here when the first PATCH ended; zero before that.</summary>
    public long FirstPartLength { get; private set; }

    /// <summary>A new state for the upload's address; those given before stay good.</summary>
    public string NextState()
    {
        var state = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)); // ends with "==", which has to be escaped
        _states[state] = true;
        return state;
    }

    public bool HasState(string state) => _states.ContainsKey(state);

    /// <summary>Waits until nobody else sends a part of it; dispose what comes back.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        return new Turn(_turn);
    }

    public void Append(ReadOnlySequence<byte> bytes)
    {
        foreach (var piece in bytes)
        {
            _hash.AppendData(piece.Span);
        }

        _file.Append(bytes);
        Interlocked.Add(ref _received, bytes.Length);
    }

    public void EndPart()
    {
        if (FirstPartLength == 0)
        {
            FirstPartLength = Received;
        }
    }

    /// <summary>The blob that has arrived, or null when it is not the one of this digest.</summary>
    public LayerContent? Finish(string digest)
    {
        var actual = "sha256:" + Convert.ToHexStringLower(_hash.GetCurrentHash());
        return actual == digest ? _file.ToContent(digest) : null;
    }

    public void Dispose()
    {
        _hash.Dispose();
        _file.Dispose();
    }

    /// <summary>The right to send a part.</summary>
    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
