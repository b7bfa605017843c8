using System.Text;
using System.Text.Json;

namespace FastEcrProxy.Upstream;

/// <summary>What the body of an error says, whoever wrote it: OCI or AWS JSON, S3's XML, or plain text.</summary>
/// <param name="Code">The machine's word for it, or null.</param>
/// <param name="Message">One line for people; empty where there was none.</param>
internal sealed record ErrorBody(string? Code, string Message)
{
    /// <summary>Longer bodies are nobody's error message.</summary>
    public const int BytesMax = 64 << 10;

    private const int MessageLengthMax = 500; // ECR's longest sentence names two ARNs, below 400 characters
    private const int CodeLengthMax = 64;
    private const int DepthMax = 16;

    public static ErrorBody None { get; } = new(null, "");

    public static ErrorBody Parse(ReadOnlyMemory<byte> body)
    {
        var first = body.Span.TrimStart(" \r\n\t"u8);
        if (first.IsEmpty)
        {
            return None;
        }

        return first[0] switch
        {
            (byte)'{' => FromJson(body) ?? None,
            (byte)'<' => FromXml(Encoding.UTF8.GetString(body.Span)),
            _ => Tidy(null, Encoding.UTF8.GetString(body.Span)),
        };
    }

    private static ErrorBody? FromJson(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = DepthMax });
            var root = json.RootElement;
            if (root.TryGetProperty("errors", out var errors) && errors.ValueKind is JsonValueKind.Array && errors.GetArrayLength() > 0)
            {
                var error = errors[0];
                return error.ValueKind is JsonValueKind.Object ? Tidy(Text(error, "code"), Text(error, "message")) : null;
            }

            // The control plane's shape, which ECR's registry lets through now and then: {"__type":"ns#Name","message":"…"}.
            var type = Text(root, "__type");
            return Tidy(type?[(type.LastIndexOf('#') + 1)..], Text(root, "message") ?? Text(root, "Message"));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return null; // no JSON, or text in it that is no Unicode
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    /// <summary>S3's errors. Only code and message: the rest may quote the signed address.</summary>
    private static ErrorBody FromXml(string xml) => Tidy(Between(xml, "<Code>", "</Code>"), Between(xml, "<Message>", "</Message>"));

    /// <summary>The text between two tags, or null.</summary>
    internal static string? Between(string xml, string open, string close)
    {
        var start = xml.IndexOf(open, StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        start += open.Length;
        var end = xml.IndexOf(close, start, StringComparison.Ordinal);
        return end < 0 ? null : xml[start..end];
    }

    /// <summary>One line without control characters, since it goes into a log and to a client.</summary>
    private static ErrorBody Tidy(string? code, string? message)
    {
        var line = string.Create(Math.Min(message?.Length ?? 0, MessageLengthMax), message, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = char.IsControl(from![i]) ? ' ' : from[i];
            }
        });
        var isCode = code is { Length: > 0 and <= CodeLengthMax } && code.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.');
        return new ErrorBody(isCode ? code : null, line.Trim());
    }
}
