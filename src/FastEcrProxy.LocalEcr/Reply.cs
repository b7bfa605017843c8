using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>Whole answers in the three dialects: OCI JSON, S3 XML and AWS JSON 1.1.</summary>
internal static class Reply
{
    private const string AmazonJson = "application/x-amz-json-1.1";

    private static readonly JsonWriterOptions PlainText = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task TextAsync(HttpResponse response, int status, string contentType, string text) =>
        BytesAsync(response, status, contentType, Encoding.UTF8.GetBytes(text));

    /// <summary>Sends a body with its Content-Length; HEAD gets the headers alone.</summary>
    public static async Task BytesAsync(HttpResponse response, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(response.HttpContext.Request.Method))
        {
            await response.BodyWriter.WriteAsync(body, response.HttpContext.RequestAborted);
        }
    }

    /// <summary>A status that says everything.</summary>
    public static Task EmptyAsync(HttpResponse response, int status)
    {
        response.StatusCode = status;
        response.ContentLength = status == StatusCodes.Status204NoContent ? null : 0;
        return Task.CompletedTask;
    }

    /// <summary>An error of the registry. HEAD gets the bare status, as at ECR.</summary>
    public static Task OciErrorAsync(HttpResponse response, int status, string code, string message)
    {
        if (HttpMethods.IsHead(response.HttpContext.Request.Method))
        {
            response.StatusCode = status;
            return Task.CompletedTask;
        }

        return JsonAsync(response, status, "application/json; charset=utf-8", json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("errors");
            json.WriteStartObject();
            json.WriteString("code", code);
            json.WriteString("message", message);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public static Task S3ErrorAsync(HttpResponse response, int status, string code, string message, string details = "") =>
        TextAsync(
            response,
            status,
            "application/xml",
            $"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{details}"
            + $"<RequestId>{response.Headers["x-amz-request-id"]}</RequestId></Error>");

    public static Task ApiErrorAsync(HttpResponse response, string type, string message, int status = 400)
    {
        response.Headers["x-amzn-ErrorType"] = type;
        return JsonAsync(response, status, AmazonJson, json =>
        {
            json.WriteStartObject();
            json.WriteString("__type", type);
            json.WriteString("message", message);
            json.WriteEndObject();
        });
    }

    public static Task ApiAsync(HttpResponse response, Action<Utf8JsonWriter> write) =>
        JsonAsync(response, StatusCodes.Status200OK, AmazonJson, json =>
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        });

    public static Task JsonAsync(HttpResponse response, int status, string contentType, Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, PlainText))
        {
            write(json);
        }

        return BytesAsync(response, status, contentType, body.WrittenMemory);
    }
}
