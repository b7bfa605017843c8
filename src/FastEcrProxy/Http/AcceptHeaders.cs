using System.Collections.Concurrent;
using Microsoft.Extensions.Primitives;

namespace FastEcrProxy.Http;

/// <summary>Accept headers that were read before: a few kinds of clients send the same long lists with every request.</summary>
internal sealed class AcceptHeaders
{
    // Docker, containerd, podman, crane and their versions: dozens. More are a client that makes them up.
    private const int CountMax = 256;
    private const int LengthMax = 2048; // the longest of a real client is some 600 characters

    private readonly ConcurrentDictionary<StringValues, AcceptHeader> _known = new();

    /// <summary>All Accept lines of a request.</summary>
    public AcceptHeader Read(StringValues lines) => _known.TryGetValue(lines, out var known) ? known : Learn(lines);

    private AcceptHeader Learn(StringValues lines)
    {
        var header = new AcceptHeader(lines);
        if (lines.Sum(static line => line?.Length ?? 0) <= LengthMax)
        {
            if (_known.Count >= CountMax)
            {
                _known.Clear(); // the real ones are back at once
            }

            _known[lines] = header;
        }

        return header;
    }
}
