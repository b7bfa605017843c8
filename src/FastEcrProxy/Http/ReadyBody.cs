using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>Sends a body that is at hand whole: a manifest, a list, an error. A HEAD gets its headers and nothing else.</summary>
internal static class ReadyBody
{
    /// <summary>Sets type and length, and sends the bytes where the method wants them.</summary>
    /// <param name="http">Status and other headers are set.</param>
    /// <param name="mediaType">Sent exactly so: a charset that was added would make it another type to clients.</param>
    /// <param name="bytes">The whole body.</param>
    /// <param name="record">Told what was sent.</param>
    public static ValueTask SendAsync(HttpContext http, string mediaType, ReadOnlyMemory<byte> bytes, RequestRecord record)
    {
        http.Response.ContentType = mediaType;
        http.Response.ContentLength = bytes.Length;
        if (http.Request.Method == HttpMethods.Head) // exactly: to the server "head" is no HEAD
        {
            return default;
        }

        if (http.RequestAborted.IsCancellationRequested)
        {
            record.ClientLeft = true; // before anything was sent: whatever the answer was, nobody was told it
            return default;
        }

        // Uncancelled: when the client leaves, the end of its connection or stream ends the wait.
        var sending = http.Response.BodyWriter.WriteAsync(bytes);
        if (!sending.IsCompletedSuccessfully)
        {
            return OnceSentAsync(http, sending, bytes.Length, record);
        }

        Sent(sending.Result.IsCompleted, bytes.Length, record);
        return default;
    }

    /// <summary>A flush that had to wait does not always say that the connection ended meanwhile.</summary>
    private static async ValueTask OnceSentAsync(HttpContext http, ValueTask<FlushResult> sending, int length, RequestRecord record) =>
        Sent((await sending).IsCompleted || http.RequestAborted.IsCancellationRequested, length, record);

    private static void Sent(bool hasLeft, int length, RequestRecord record)
    {
        record.ClientLeft = hasLeft;
        record.Sent(hasLeft ? 0 : length);
    }
}
