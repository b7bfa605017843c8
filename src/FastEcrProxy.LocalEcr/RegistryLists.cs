using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>Tags, referrers and the catalog, page by page with opaque continuation tokens.</summary>
internal sealed class RegistryLists(LocalService service)
{
    private const int DefaultPage = 100;
    private const int LargestPage = 1000;
    private const int ReferrersPage = 50; // ListImageReferrers allows no more
    private const string OpaqueListType = "text/plain; charset=utf-8"; // not JSON's: that is how ECR says it

    public Task TagsAsync(HttpContext http, string name, RepositoryContent repository) =>
        NamesAsync(http, "tags", [.. repository.Tags.Select(tag => tag.Key)], json => json.WriteString("name", name));

    public Task RepositoriesAsync(HttpContext http) =>
        NamesAsync(http, "repositories", service.Content.Repositories, _ => { });

    public Task ReferrersAsync(HttpContext http, RegistryPath path, RepositoryContent repository)
    {
        if (!RegistryPath.IsDigestText(path.Reference))
        {
            return Reply.OciErrorAsync(http.Response, 400, "DIGEST_INVALID", $"Invalid digest '{path.Reference}'");
        }

        var wanted = http.Request.Query["artifactType"].ToString();
        var all = repository.Manifests
            .Where(manifest => manifest.Subject == path.Reference && (wanted.Length == 0 || manifest.ArtifactType == wanted))
            .ToList();
        if (wanted.Length > 0)
        {
            http.Response.Headers["OCI-Filters-Applied"] = "artifactType";
        }

        var start = Start(http.Request, "nextToken");
        if (start + ReferrersPage < all.Count)
        {
            var filter = wanted.Length > 0 ? $"artifactType={Uri.EscapeDataString(wanted)}&" : "";
            LinkNext(http, $"{filter}nextToken={Continuation(start + ReferrersPage)}");
        }

        return Reply.JsonAsync(http.Response, 200, "application/vnd.oci.image.index.v1+json", json =>
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", "application/vnd.oci.image.index.v1+json");
            json.WriteStartArray("manifests");
            foreach (var manifest in all.Skip(start).Take(ReferrersPage))
            {
                WriteDescriptor(json, manifest);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private Task NamesAsync(HttpContext http, string member, IReadOnlyList<string> all, Action<Utf8JsonWriter> before)
    {
        var isOpaque = service.Manners.ListsAreOpaque;
        var count = DefaultPage;
        if (http.Request.Query.TryGetValue("n", out var asked)
            && (!int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out count)
                || (isOpaque && count > LargestPage)))
        {
            return Reply.OciErrorAsync(http.Response, 405, "UNSUPPORTED", Denials.TooManyResults);
        }

        all = isOpaque ? all : [.. all.Order(StringComparer.Ordinal)];
        var start = isOpaque ? Start(http.Request, "last") : After(http.Request.Query["last"].ToString(), all);
        if (count > 0 && start + count < all.Count)
        {
            var last = isOpaque ? Continuation(start + count) : Uri.EscapeDataString(all[start + count - 1]);
            LinkNext(http, $"last={last}&n={count}");
        }

        return Reply.JsonAsync(http.Response, 200, isOpaque ? OpaqueListType : "application/json", json =>
        {
            json.WriteStartObject();
            before(json);
            json.WriteStartArray(member);
            foreach (var name in all.Skip(start).Take(count))
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void WriteDescriptor(Utf8JsonWriter json, StoredManifest manifest)
    {
        json.WriteStartObject();
        json.WriteString("mediaType", manifest.MediaType);
        json.WriteString("digest", manifest.Digest);
        json.WriteNumber("size", manifest.Bytes.Length);
        if (manifest.ArtifactType is not null)
        {
            json.WriteString("artifactType", manifest.ArtifactType);
        }

        if (manifest.Annotations is { } annotations)
        {
            json.WritePropertyName("annotations");
            annotations.WriteTo(json);
        }

        json.WriteEndObject();
    }

    private void LinkNext(HttpContext http, string query)
    {
        var request = http.Request;
        var origin = service.Manners.ListsAreOpaque ? $"{request.Scheme}://{request.Host}" : "";
        http.Response.Headers.Link = $"<{origin}{request.Path}?{query}>; rel=\"next\"";
    }

    /// <summary>Where a list in order goes on after a name, which need not be in it any more.</summary>
    private static int After(string last, IReadOnlyList<string> all) =>
        last.Length == 0 ? 0 : all.Count(name => string.CompareOrdinal(name, last) <= 0);

    private static string Continuation(int position) =>
        Base64Url.EncodeToString(Encoding.ASCII.GetBytes($"opaque:{position.ToString(CultureInfo.InvariantCulture)}"));

    private static int Start(HttpRequest request, string parameter)
    {
        var sent = request.Query[parameter].ToString();
        return sent.Length > 0
            && Base64Url.IsValid(sent)
            && Encoding.ASCII.GetString(Base64Url.DecodeFromChars(sent)).Split(':') is ["opaque", var position]
            && int.TryParse(position, CultureInfo.InvariantCulture, out var start)
            ? start
            : 0;
    }
}
