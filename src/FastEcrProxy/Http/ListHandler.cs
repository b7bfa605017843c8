using System.Text;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>Tags, referrers and the catalog: the registry's answers, page by page, with the ways on led back here.</summary>
internal sealed class ListHandler : IRequestHandler
{
    private const string ArtifactTypeKey = "artifactType";
    private const string LimitKey = "n"; // means nothing to referrers: the registry chooses its pages

    public async ValueTask<OciError?> HandleAsync(HttpContext http, OciRoute route, Destination to, RequestRecord record)
    {
        if (route.Kind is RouteKind.Catalog && !to.Rule.Catalog)
        {
            return OciError.Unsupported(
                "The catalog is switched off here, since it shows every repository's name. Upstream.Catalog, or a rule's, switches it on.");
        }

        if (PageQuery.TryParse(http.Request.Query, out var page) is { } error)
        {
            return error;
        }

        if (page.Limit == 0 && route.Kind is not RouteKind.Referrers)
        {
            await ReadyBody.SendAsync(http, MediaTypes.Json, Encoding.ASCII.GetBytes(Empty(route)), record);
            return null;
        }

        var (list, failure) = await AskAsync(http, route, to, page);
        if (list is null)
        {
            return FetchFailures.ToError(failure!, route.Kind);
        }

        record.Outcome = CacheOutcome.Passed;
        if (list.Next is { } next)
        {
            http.Response.Headers.Link = PageQuery.Link(PathOf(route), next);
        }

        if (list.FiltersApplied is { } filters)
        {
            http.Response.Headers["OCI-Filters-Applied"] = filters;
        }

        // ECR calls its lists of tags text/plain, which strict clients refuse.
        var mediaType = route.Kind is RouteKind.Referrers ? list.MediaType : MediaTypes.Json;
        await ReadyBody.SendAsync(http, mediaType, list.Bytes, record);
        return null;
    }

    private static ValueTask<Fetched<ListReply>> AskAsync(
        HttpContext http, OciRoute route, Destination to, PageQuery page) => route.Kind switch
    {
        RouteKind.Tags => to.Registries.ListTagsAsync(to.There, page.Limit, page.Last, http.RequestAborted),
        RouteKind.Catalog => to.Registries.ListRepositoriesAsync(page.Limit, page.Last, http.RequestAborted),
        _ => to.Registries.ListReferrersAsync(
            to.There, route.Digest, ArtifactType(http.Request.Query), NextPage(http.Request), http.RequestAborted),
    };

    private static string? ArtifactType(IQueryCollection query) =>
        query[ArtifactTypeKey].ToString() is { Length: > 0 } type ? type : null;

    /// <summary>Null for the first page. What names another is the registry's own affair: it comes back as it was in the Link.</summary>
    private static string? NextPage(HttpRequest request) =>
        request.Query.Keys.All(key => key is ArtifactTypeKey or RequestNames.NamespaceKey or LimitKey) ? null : request.QueryString.Value;

    private static string PathOf(OciRoute route) => route.Kind switch
    {
        RouteKind.Tags => $"/v2/{route.Repository}/tags/list",
        RouteKind.Catalog => "/v2/_catalog",
        _ => $"/v2/{route.Repository}/referrers/{route.Digest}",
    };

    /// <summary>What the specification says to n=0. Names have no characters that JSON would escape.</summary>
    private static string Empty(OciRoute route) =>
        route.Kind is RouteKind.Tags ? $$"""{"name":"{{route.Repository}}","tags":[]}""" : """{"repositories":[]}""";
}
