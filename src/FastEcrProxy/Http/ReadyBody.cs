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
    public static async ValueTask SendAsync(HttpContext http, string mediaType, ReadOnlyMemory<byte> bytes, RequestRecord record)
    {
        http.Response.ContentType = mediaType;
        http.Response.ContentLength = bytes.Length;
        if (http.Request.Method == HttpMethods.Head) // exactly: to the server "head" is no HEAD
        {
            return;
        }

        try
        {
            var flush = await http.Response.BodyWriter.WriteAsync(bytes, http.RequestAborted);
            record.ClientLeft = flush.IsCompleted || http.RequestAborted.IsCancellationRequested;
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            record.ClientLeft = true;
        }

        record.Sent(record.ClientLeft ? 0 : bytes.Length);
    }
}
