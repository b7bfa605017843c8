using System.Text;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.LoadBench.Upstream;

/// <summary>What the layer store answers: a head, and which part of which file follows.</summary>
internal readonly record struct LayerAnswer(string Status, StoredLayer? Layer, LayerRange Range, bool HasBody)
{
    public static LayerAnswer To(LayerRequest request, StoredLayer? layer)
    {
        if (request.Method is not ("GET" or "HEAD"))
        {
            return new LayerAnswer(request.Method.Length == 0 ? "400 Bad Request" : "405 Method Not Allowed", null, default, false);
        }

        if (layer is null)
        {
            return new LayerAnswer("404 Not Found", null, default, false);
        }

        var range = LayerRange.Parse(request.Range, layer.Length);
        var status = range.IsUnsatisfiable ? "416 Range Not Satisfiable" : range.IsPartial ? "206 Partial Content" : "200 OK";
        return new LayerAnswer(status, layer, range, request.Method == "GET" && range.Length > 0);
    }

    public byte[] Head(bool isLast)
    {
        var head = new StringBuilder($"HTTP/1.1 {Status}\r\nServer: AmazonS3\r\nContent-Length: {Range.Length}\r\n");
        if (isLast)
        {
            head.Append("Connection: close\r\n");
        }

        if (Range.IsUnsatisfiable)
        {
            head.Append($"Content-Range: bytes */{Layer!.Length}\r\n");
        }
        else if (Layer is not null)
        {
            head.Append("Content-Type: binary/octet-stream\r\nAccept-Ranges: bytes\r\n")
                .Append($"ETag: {Layer.EntityTag}\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n");
            if (Range.IsPartial)
            {
                head.Append($"Content-Range: bytes {Range.First}-{Range.First + Range.Length - 1}/{Layer.Length}\r\n");
            }
        }

        return Encoding.ASCII.GetBytes(head.Append("\r\n").ToString());
    }
}
