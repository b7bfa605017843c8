using System.Globalization;
using FastEcrProxy.Oci;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>Which page of a list is asked for, and how the client is told of the next.</summary>
/// <param name="Limit">Most entries; null where the registry may choose.</param>
/// <param name="Last">Where the page before ended. The registry's own affair, and in ECR no name.</param>
internal readonly record struct PageQuery(int? Limit, string? Last)
{
    private const int LimitMax = 1000; // ECR refuses more; crane and skopeo ask for more

    /// <summary>Reads <c>n</c> and <c>last</c>; whatever else stands there is not passed on.</summary>
    public static OciError? TryParse(IQueryCollection query, out PageQuery page)
    {
        page = default;
        var last = query["last"].ToString();
        int? limit = null;
        if (query.TryGetValue("n", out var values))
        {
            var n = values.ToString();
            if (n.Length == 0 || n.AsSpan().ContainsAnyExceptInRange('0', '9'))
            {
                return new OciError(400, "PAGINATION_NUMBER_INVALID", "n is not a number of entries: digits, nothing else.");
            }

            var isSmall = int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
            limit = isSmall ? Math.Min(number, LimitMax) : LimitMax;
        }

        page = new PageQuery(limit, last.Length == 0 ? null : last);
        return null;
    }

    /// <summary>The <c>Link</c> header: a path on this proxy, since clients refuse to be led to another host.</summary>
    /// <param name="path">Of the list, as the client wrote it.</param>
    /// <param name="next">The query of the next page, as the registry wrote it: its tokens are opaque.</param>
    public static string Link(string path, string next) => $"<{path}?{next}>; rel=\"next\"";
}
