using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>The ECR operations that a pull-through proxy and its tools ask for, on one account's registry.</summary>
internal sealed class ControlPlaneOperations(LocalRegion region)
{
    private const int DefaultPage = 100;
    private const int LargestPage = 1000;
    private const int LargestBatch = 100;

    public Task AnswerAsync(HttpResponse response, string operation, JsonElement input)
    {
        if (operation == "GetAuthorizationToken")
        {
            return TokenAsync(response);
        }

        if (operation == "DescribeRepositories")
        {
            return RepositoriesAsync(response, input);
        }

        if (operation is not ("CreateRepository" or "ListImages" or "BatchGetImage"))
        {
            return Reply.ApiErrorAsync(response, "UnknownOperationException", "");
        }

        var name = Text(input, "repositoryName") ?? "";
        if (!RegistryPath.IsRepositoryName(name))
        {
            return Reply.ApiErrorAsync(response, "InvalidParameterException", Denials.InvalidRepositoryName);
        }

        if (operation == "CreateRepository")
        {
            return CreateAsync(response, name);
        }

        return region.Content.Find(name) is not { } repository ? NoRepositoryAsync(response, name)
            : operation == "ListImages" ? ImagesAsync(response, input, repository)
            : ManifestsAsync(response, input, name, repository);
    }

    private Task TokenAsync(HttpResponse response)
    {
        var token = region.MintToken();
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

    private Task RepositoriesAsync(HttpResponse response, JsonElement input)
    {
        var named = Strings(input, "repositoryNames");
        if (named.Find(name => region.Content.Find(name) is null) is { } unknown)
        {
            return NoRepositoryAsync(response, unknown);
        }

        if (PageSize(input) is not { } size || named.Count > LargestBatch)
        {
            return Reply.ApiErrorAsync(response, "InvalidParameterException", Denials.TooManyResults);
        }

        var all = named.Count > 0 ? named : region.Content.Repositories;
        var start = Start(input);
        return Reply.ApiAsync(response, json =>
        {
            json.WriteStartArray("repositories");
            foreach (var name in all.Skip(start).Take(size))
            {
                json.WriteStartObject();
                WriteRepository(json, name);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            WriteNext(json, start + size, all.Count);
        });
    }

    private Task CreateAsync(HttpResponse response, string name)
    {
        if (!region.Content.CreateRepository(name))
        {
            return Reply.ApiErrorAsync(
                response,
                "RepositoryAlreadyExistsException",
                $"The repository with name '{name}' already exists in the registry with id '{region.AccountId}'");
        }

        return Reply.ApiAsync(response, json =>
        {
            json.WriteStartObject("repository");
            WriteRepository(json, name);
            json.WriteEndObject();
        });
    }

    private static Task ImagesAsync(HttpResponse response, JsonElement input, RepositoryContent repository)
    {
        if (PageSize(input) is not { } size)
        {
            return Reply.ApiErrorAsync(response, "InvalidParameterException", Denials.TooManyResults);
        }

        var tags = repository.Tags;
        var tagged = tags.Select(tag => tag.Value).ToHashSet();
        var wanted = Text(input, "filter", "tagStatus");
        List<(string Digest, string? Tag)> all = [];
        if (wanted != "UNTAGGED")
        {
            all.AddRange(tags.Select(tag => (tag.Value, (string?)tag.Key)));
        }

        if (wanted != "TAGGED")
        {
            all.AddRange(repository.Manifests.Where(m => !tagged.Contains(m.Digest)).Select(m => (m.Digest, (string?)null)));
        }

        var start = Start(input);
        return Reply.ApiAsync(response, json =>
        {
            json.WriteStartArray("imageIds");
            foreach (var (digest, tag) in all.Skip(start).Take(size))
            {
                WriteImageId(json, digest, tag);
            }

            json.WriteEndArray();
            WriteNext(json, start + size, all.Count);
        });
    }

    private Task ManifestsAsync(HttpResponse response, JsonElement input, string name, RepositoryContent repository)
    {
        var asked = input.TryGetProperty("imageIds", out var ids)
            ? ids.EnumerateArray().Select(id => (Digest: Text(id, "imageDigest"), Tag: Text(id, "imageTag"))).ToList()
            : [];
        if (asked.Count is 0 or > LargestBatch)
        {
            return Reply.ApiErrorAsync(
                response, "InvalidParameterException", "Invalid parameter at 'imageIds': give 1 to 100.");
        }

        var accepted = Strings(input, "acceptedMediaTypes");
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

    private Task NoRepositoryAsync(HttpResponse response, string name) =>
        Reply.ApiErrorAsync(response, "RepositoryNotFoundException", Denials.NoRepository(name, region.AccountId));

    private void WriteRepository(Utf8JsonWriter json, string name)
    {
        json.WriteString("repositoryArn", region.ArnOf(name));
        json.WriteString("registryId", region.AccountId);
        json.WriteString("repositoryName", name);
        json.WriteString("repositoryUri", $"{region.EcrHost}/{name}");
        json.WriteNumber("createdAt", region.Options.Clock.GetUtcNow().ToUnixTimeSeconds());
        json.WriteString("imageTagMutability", "MUTABLE");
    }

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

    private static void WriteNext(Utf8JsonWriter json, int next, int count)
    {
        if (next < count)
        {
            json.WriteString("nextToken", next.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static int Start(JsonElement input) =>
        int.TryParse(Text(input, "nextToken"), CultureInfo.InvariantCulture, out var start) ? start : 0;

    private static int? PageSize(JsonElement input) =>
        !input.TryGetProperty("maxResults", out var asked) ? DefaultPage
        : asked.TryGetInt32(out var size) && size is >= 1 and <= LargestPage ? size
        : null;

    private static List<string> Strings(JsonElement input, string name) =>
        input.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Select(item => item.GetString() ?? "")] : [];

    private static string? Text(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element.GetString();
    }
}
