using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FastEcrProxy.Admin;

/// <summary>What readiness found at one moment, as <c>/readyz</c> says it.</summary>
internal sealed record ReadinessReport(bool Ready, IReadOnlyList<ReadinessCheck> Checks)
{
    // It is read in terminals, never put into a page: apostrophes and angle brackets stay readable.
    private static readonly JsonWriterOptions Json = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary><c>{"ready": …}</c> in UTF-8, for who may not know more.</summary>
    public ReadOnlyMemory<byte> ToShortJson() => Ready ? "{\"ready\": true}\n"u8.ToArray() : "{\"ready\": false}\n"u8.ToArray();

    /// <summary><c>{"ready": …, "checks": {"token": {"ok": …, "reason": …}, …}}</c> in UTF-8.</summary>
    public ReadOnlyMemory<byte> ToJson()
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text, Json))
        {
            json.WriteStartObject();
            json.WriteBoolean("ready", Ready);
            json.WriteStartObject("checks");
            foreach (var check in Checks)
            {
                json.WriteStartObject(check.Name);
                json.WriteBoolean("ok", check.Ok);
                json.WriteString("reason", check.Reason);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return text.WrittenMemory;
    }
}
