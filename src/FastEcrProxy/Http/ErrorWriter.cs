using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using FastEcrProxy.Oci;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>The only place that writes an error to a client, in the form that OCI clients read.</summary>
/// <remarks>Form: distribution-spec, "Error codes". Docker reads it only where the type is exactly <c>application/json</c>.</remarks>
internal static class ErrorWriter
{
    // Sentences for people, in a type that no browser takes for a page: apostrophes may stay apostrophes.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const int ReasonLengthMax = 400;

    /// <summary>Answers with the error. Nothing of the response may have been sent.</summary>
    public static ValueTask WriteAsync(HttpContext http, OciError error, RequestRecord record)
    {
        record.Trouble = error.Reason is null ? error.Message : $"{error.Message} ({LogText.Of(error.Reason, ReasonLengthMax)})";
        http.Response.StatusCode = error.Status;
        if (error.RetryAfter is { } wait)
        {
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
        }

        return ReadyBody.SendAsync(http, MediaTypes.Json, Json(error), record);
    }

    private static ReadOnlyMemory<byte> Json(OciError error)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            json.WriteStartArray("errors"u8);
            json.WriteStartObject();
            json.WriteString("code"u8, error.Code);
            json.WriteString("message"u8, error.Message);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.WrittenMemory;
    }
}
