using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>
/// The AWS API of ECR in one Region, and of ECR Public beside it: checks who signed, then answers the operation that
/// X-Amz-Target names.
/// </summary>
internal sealed class ControlPlaneOrigin(LocalRegion region)
{
    private const string TargetPrefix = "AmazonEC2ContainerRegistry_V20150921.";
    private const string PublicTargetPrefix = "SpencerFrontendService."; // ecr-public's model has this name

    private readonly SignatureCheck _signatures = new(region);

    public Task AnswerAsync(HttpContext http)
    {
        var target = http.Request.Headers["X-Amz-Target"].ToString();
        var isPublic = target.StartsWith(PublicTargetPrefix, StringComparison.Ordinal);
        var operation = isPublic ? target[PublicTargetPrefix.Length..]
            : target.StartsWith(TargetPrefix, StringComparison.Ordinal) ? target[TargetPrefix.Length..]
            : "";
        var kind = operation switch
        {
            "GetAuthorizationToken" => RequestKind.GetAuthorizationToken,
            "CreateRepository" => RequestKind.CreateRepository,
            _ => RequestKind.OtherControlPlane,
        };
        http.Response.Headers["x-amzn-RequestId"] = Guid.NewGuid().ToString();
        var entry = Visit.Entry(http, OriginName.ControlPlane, kind);
        return Visit.RunAsync(region, entry, http, () => CheckAsync(http, kind, operation, isPublic));
    }

    private async Task CheckAsync(HttpContext http, RequestKind kind, string operation, bool isPublic)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var service = isPublic ? "ecr-public" : "ecr";
        if (_signatures.Refusal(http.Request, service, body.ToArray(), out var signer) is { } refusal)
        {
            await Reply.ApiErrorAsync(http.Response, refusal.Type, refusal.Message, refusal.Status);
            return;
        }

        if (region.Faults.Take<FaultPlan.Deny>(kind, null) is not null)
        {
            await Reply.ApiErrorAsync(http.Response, "AccessDeniedException", region.Denial(operation, ""));
            return;
        }

        try
        {
            using var input = JsonDocument.Parse(body.Length == 0 ? "{}"u8.ToArray() : body.ToArray());
            await (isPublic
                ? AnswerPublicAsync(http.Response, operation)
                : AnswerAsync(http.Response, operation, input.RootElement, signer!));
        }
        catch (JsonException e)
        {
            await Reply.ApiErrorAsync(http.Response, "SerializationException", e.Message);
        }
    }

    private Task AnswerAsync(HttpResponse response, string operation, JsonElement input, LocalAccount signer)
    {
        var asked = ApiInput.Text(input, "registryId") ?? signer.Id;
        return region.Neighbours.OfAccount(asked) is { } registry
            ? AnswerAsync(response, operation, input, signer, registry)
            : Reply.ApiErrorAsync(response, "InvalidParameterException", $"No registry with id '{asked}' here.");
    }

    private static Task AnswerAsync(
        HttpResponse response, string operation, JsonElement input, LocalAccount signer, LocalRegion registry)
    {
        var repository = ApiInput.Text(input, "repositoryName") ?? "";
        return operation != "GetAuthorizationToken" && signer.ActingAs is { } identity
            && !identity.May(registry.AccountId, repository, operation)
            ? Reply.ApiErrorAsync(
                response, "AccessDeniedException", registry.Denial(operation, repository, signer.Id, identity.Name))
            : new ControlPlaneOperations(registry, signer.ActingAs).AnswerAsync(response, operation, input);
    }

    private Task AnswerPublicAsync(HttpResponse response, string operation)
    {
        if (operation != "GetAuthorizationToken" || region.Neighbours.EcrPublic is not { } registry)
        {
            return Reply.ApiErrorAsync(response, "UnknownOperationException", "");
        }

        var token = registry.MintAuthorizationToken();
        return Reply.ApiAsync(response, json =>
        {
            json.WriteStartObject("authorizationData"); // one, where ECR has a list
            json.WriteString("authorizationToken", token.Text);
            json.WriteNumber("expiresAt", (token.IssuedAt + token.Lifetime).ToUnixTimeMilliseconds() / 1000m);
            json.WriteEndObject();
        });
    }
}
