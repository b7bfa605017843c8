using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>The ECR operations that a pull-through proxy and its tools ask for, on one account's registry.</summary>
/// <param name="region">Whose.</param>
/// <param name="asking">Who asks; null: whoever has the account's own key.</param>
internal sealed class ControlPlaneOperations(LocalRegion region, LocalIdentity? asking)
{
    private readonly RepositoryOperations _repositories = new(region);

    public Task AnswerAsync(HttpResponse response, string operation, JsonElement input)
    {
        switch (operation)
        {
            case "GetAuthorizationToken":
                return TokenAsync(response);
            case "DescribeRepositories":
                return _repositories.DescribeAsync(response, input);
            case "ListTagsForResource":
                return _repositories.ListResourceTagsAsync(response, input);
            case "PutAccountSetting" or "GetAccountSetting":
                return AccountSettingAsync(response, input);
            case not ("CreateRepository" or "ListImages" or "BatchGetImage"):
                return Reply.ApiErrorAsync(response, "UnknownOperationException", "");
        }

        var name = ApiInput.Text(input, "repositoryName") ?? "";
        if (!RegistryPath.IsRepositoryName(name))
        {
            return Reply.ApiErrorAsync(response, "InvalidParameterException", Denials.InvalidRepositoryName);
        }

        if (operation == "CreateRepository")
        {
            return _repositories.CreateAsync(response, name, input);
        }

        return region.Content.Find(name) is not { } repository ? _repositories.UnknownAsync(response, name)
            : operation == "ListImages" ? ImagesAsync(response, input, repository)
            : ManifestsAsync(response, input, name, repository);
    }

    private Task TokenAsync(HttpResponse response)
    {
        var token = region.MintToken(asking);
        return Reply.ApiAsync(response, json =>
        {
            json.WriteStartArray("authorizationData");
            json.WriteStartObject();
            json.WriteString("authorizationToken", token.Authorization);
            json.WriteNumber("expiresAt", token.ExpiresAt.ToUnixTimeMilliseconds() / 1000m);
            json.WriteString(
                "proxyEndpoint",
                region.Options.ProxyEndpointIsLocal
                    ? region.Registry.GetLeftPart(UriPartial.Authority)
                    : "https://" + region.EcrHost);
            json.WriteEndObject();
            json.WriteEndArray();
        });
    }

    /// <summary>Of all account settings the one that pushes depend on; told after a put as after a get.</summary>
    private Task AccountSettingAsync(HttpResponse response, JsonElement input)
    {
        const string enabled = "ENABLED";
        const string disabled = "DISABLED";
        var value = ApiInput.Text(input, "value");
        if (ApiInput.Text(input, "name") != "BLOB_MOUNTING" || value is not (null or enabled or disabled))
        {
            return Reply.ApiErrorAsync(
                response, "InvalidParameterException", "Here is only BLOB_MOUNTING, to be ENABLED or DISABLED.");
        }

        region.BlobMounting = value is null ? region.BlobMounting : value == enabled;
        return Reply.ApiAsync(response, json =>
        {
            json.WriteString("name", "BLOB_MOUNTING");
            json.WriteString("value", region.BlobMounting ? enabled : disabled);
        });
    }

    private static Task ImagesAsync(HttpResponse response, JsonElement input, RepositoryContent repository)
    {
        if (ApiInput.PageSize(input) is not { } size)
        {
            return Reply.ApiErrorAsync(response, "InvalidParameterException", Denials.TooManyResults);
        }

        var tags = repository.Tags;
        var tagged = tags.Select(tag => tag.Value).ToHashSet();
        var wanted = ApiInput.Text(input, "filter", "tagStatus");
        List<(string Digest, string? Tag)> all = [];
        if (wanted != "UNTAGGED")
        {
            all.AddRange(tags.Select(tag => (tag.Value, (string?)tag.Key)));
        }

        if (wanted != "TAGGED")
        {
            all.AddRange(repository.Manifests.Where(m => !tagged.Contains(m.Digest)).Select(m => (m.Digest, (string?)null)));
        }

        var start = ApiInput.Start(input);
        return Reply.ApiAsync(response, json =>
        {
            json.WriteStartArray("imageIds");
            foreach (var (digest, tag) in all.Skip(start).Take(size))
            {
                WriteImageId(json, digest, tag);
            }

            json.WriteEndArray();
            ApiInput.WriteNext(json, start + size, all.Count);
        });
    }

    private Task ManifestsAsync(HttpResponse response, JsonElement input, string name, RepositoryContent repository)
    {
        var asked = input.TryGetProperty("imageIds", out var ids)
            ? ids.EnumerateArray().Select(id => (Digest: ApiInput.Text(id, "imageDigest"), Tag: ApiInput.Text(id, "imageTag"))).ToList()
            : [];
        if (asked.Count is 0 or > ApiInput.LargestBatch)
        {
            return Reply.ApiErrorAsync(
                response, "InvalidParameterException", "Invalid parameter at 'imageIds': give 1 to 100.");
        }

        var accepted = ApiInput.Strings(input, "acceptedMediaTypes");
        var found = asked
            .Select(id => (id.Digest, id.Tag, Manifest: Find(repository, id.Digest, id.Tag)))
            .ToList();
        return Reply.ApiAsync(response, json =>
        {
            json.WriteStartArray("images");
            foreach (var (digest, tag, stored) in found.Where(image => image.Manifest is not null))
            {
                var manifest = digest is null ? ManifestConversion.For(stored!, accepted) : stored!;
                json.WriteStartObject();
                json.WriteString("registryId", region.AccountId);
                json.WriteString("repositoryName", name);
                json.WritePropertyName("imageId");
                WriteImageId(json, manifest.Digest, tag);
                json.WriteString("imageManifest", Encoding.UTF8.GetString(manifest.Bytes.Span));
                json.WriteString("imageManifestMediaType", manifest.MediaType);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("failures");
            foreach (var (digest, tag, _) in found.Where(image => image.Manifest is null))
            {
                json.WriteStartObject();
                json.WritePropertyName("imageId");
                WriteImageId(json, digest, tag);
                json.WriteString("failureCode", "ImageNotFound");
                json.WriteString("failureReason", "Requested image not found");
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static StoredManifest? Find(RepositoryContent repository, string? digest, string? tag) =>
        digest is not null ? repository.ByDigest(digest) : tag is not null ? repository.ByTag(tag) : null;

    private static void WriteImageId(Utf8JsonWriter json, string? digest, string? tag)
    {
        json.WriteStartObject();
        if (digest is not null)
        {
            json.WriteString("imageDigest", digest);
        }

        if (tag is not null)
        {
            json.WriteString("imageTag", tag);
        }

        json.WriteEndObject();
    }
}
