using System.Diagnostics;
using System.Security.Cryptography;

namespace FastEcrProxy.LoadBench.Client;

/// <summary>Reads everything wanted once, and compares each body with its digest.</summary>
internal static class BodyCheck
{
    private const int BufferBytes = 1 << 20;

    public static ClientAnswer Run(ClientOrder order)
    {
        var started = Stopwatch.GetTimestamp();
        var buffer = new byte[BufferBytes];
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = ClientStream.Open(order);
        foreach (var wanted in order.Wanted)
        {
            StreamedAnswer.Read(stream, wanted, order.Port, buffer, sha.AppendData);
            var digest = "sha256:" + Convert.ToHexStringLower(sha.GetHashAndReset());
            if (digest != wanted.Digest)
            {
                throw new InvalidDataException($"GET {wanted.Path}: the bytes are {digest}, not {wanted.Digest}");
            }
        }

        return new ClientAnswer
        {
            Bytes = order.Wanted.Sum(static wanted => wanted.Length),
            Requests = order.Wanted.Count,
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            FinishedAt = Stopwatch.GetTimestamp(),
        };
    }
}
