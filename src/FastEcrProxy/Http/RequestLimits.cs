using FastEcrProxy.Oci;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>How large a request's head may be. The server's own limits are wider, so that these answer as a registry does.</summary>
internal static class RequestLimits
{
    /// <summary>A path has at most 1 KiB and a page token a few; more is nobody's pull.</summary>
    public const int LineBytesMax = 8 << 10;

    /// <summary>ECR's tokens have over 4 KiB and some clients send one; their proxies add headers of their own.</summary>
    public const int HeadersBytesUsual = 64 << 10;

    private const int BytesAroundHeader = 4; // ": " and the line's end

    /// <summary>What is too large, or null.</summary>
    /// <param name="request">Its headers are counted as they came in.</param>
    /// <param name="target">The request's target as it came in.</param>
    /// <param name="headersBytesMax">How large the headers may be in all.</param>
    public static OciError? Check(HttpRequest request, string target, int headersBytesMax)
    {
        var line = request.Method.Length + 1 + target.Length + 1 + request.Protocol.Length;
        if (line > LineBytesMax)
        {
            return new OciError(414, "NAME_INVALID", $"The request line has {line} bytes; {LineBytesMax} are allowed.");
        }

        long headers = 0;
        foreach (var (name, values) in request.Headers)
        {
            foreach (var value in values)
            {
                headers += name.Length + (value?.Length ?? 0) + BytesAroundHeader;
            }
        }

        return headers > headersBytesMax
            ? new OciError(431, "UNSUPPORTED", $"The headers have {headers} bytes; {headersBytesMax} are allowed.")
            : null;
    }
}
