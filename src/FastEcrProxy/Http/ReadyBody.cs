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

        // Uncancelled: when the client leaves, the connection's end ends the wait, and asking for a token costs two locks.
        var sending = http.Response.BodyWriter.WriteAsync(bytes);
        if (!sending.IsCompletedSuccessfully)
        {
            return OnceSentAsync(http, sending, bytes.Length, record);
        }

        Sent(http, sending.Result, bytes.Length, record);
        return default;
    }

    private static async ValueTask OnceSentAsync(HttpContext http, ValueTask<FlushResult> sending, int length, RequestRecord record) =>
        Sent(http, await sending, length, record);

    private static void Sent(HttpContext http, FlushResult flush, int length, RequestRecord record)
    {
        record.ClientLeft = flush.IsCompleted || http.RequestAborted.IsCancellationRequested;
        record.Sent(record.ClientLeft ? 0 : length);
    }
}
