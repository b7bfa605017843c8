using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>The operations on repositories as such: created, described, and what they are tagged with.</summary>
internal sealed class RepositoryOperations(LocalRegion region)
{
    public Task CreateAsync(HttpResponse response, string name, JsonElement input)
    {
        var (settings, refusal) = RepositorySettingsJson.Read(input);
        if (refusal is not null)
        {
            return Reply.ApiErrorAsync(response, refusal.Type, refusal.Message);
        }

        if (!region.Content.CreateRepository(name, settings))
        {
            return Reply.ApiErrorAsync(
                response,
                "RepositoryAlreadyExistsException",
                $"The repository with name '{name}' already exists in the registry with id '{region.AccountId}'");
        }

        return Reply.ApiAsync(response, json =>
        {
            json.WriteStartObject("repository");
            Write(json, name);
            json.WriteEndObject();
        });
    }

    public Task DescribeAsync(HttpResponse response, JsonElement input)
    {
        var named = ApiInput.Strings(input, "repositoryNames");
        if (named.Find(name => region.Content.Find(name) is null) is { } unknown)
        {
            return UnknownAsync(response, unknown);
        }

        if (ApiInput.PageSize(input) is not { } size || named.Count > ApiInput.LargestBatch)
        {
            return Reply.ApiErrorAsync(response, "InvalidParameterException", Denials.TooManyResults);
        }

        var all = named.Count > 0 ? named : region.Content.Repositories;
        var start = ApiInput.Start(input);
        return Reply.ApiAsync(response, json =>
        {
            json.WriteStartArray("repositories");
            foreach (var name in all.Skip(start).Take(size))
            {
                json.WriteStartObject();
                Write(json, name);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            ApiInput.WriteNext(json, start + size, all.Count);
        });
    }

    /// <summary>ListTagsForResource: AWS tags, by the repository's ARN.</summary>
    public Task ListResourceTagsAsync(HttpResponse response, JsonElement input)
    {
        var arn = ApiInput.Text(input, "resourceArn") ?? "";
        if (region.Content.Repositories.FirstOrDefault(name => region.ArnOf(name) == arn) is not { } repository)
        {
            return UnknownAsync(response, arn);
        }

        return Reply.ApiAsync(response, json =>
        {
            json.WriteStartArray("tags");
            foreach (var (key, value) in region.Content.SettingsOf(repository)!.ResourceTags)
            {
                json.WriteStartObject();
                json.WriteString("Key", key);
                json.WriteString("Value", value);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    public Task UnknownAsync(HttpResponse response, string name) =>
        Reply.ApiErrorAsync(response, "RepositoryNotFoundException", Denials.NoRepository(name, region.AccountId));

    private void Write(Utf8JsonWriter json, string name)
    {
        json.WriteString("repositoryArn", region.ArnOf(name));
        json.WriteString("registryId", region.AccountId);
        json.WriteString("repositoryName", name);
        json.WriteString("repositoryUri", $"{region.EcrHost}/{name}");
        if (region.Content.Find(name) is { } repository)
        {
            json.WriteNumber("createdAt", repository.CreatedAt.ToUnixTimeSeconds());
            RepositorySettingsJson.Write(json, repository.Settings);
        }
    }
}
