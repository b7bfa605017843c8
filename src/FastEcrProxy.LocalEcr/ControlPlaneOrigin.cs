using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>The AWS API of ECR in one Region: checks who signed, then answers the operation that X-Amz-Target names.</summary>
internal sealed class ControlPlaneOrigin(LocalRegion region)
{
    private const string TargetPrefix = "AmazonEC2ContainerRegistry_V20150921.";

    private readonly SignatureCheck _signatures = new(region);

    public Task AnswerAsync(HttpContext http)
    {
        var target = http.Request.Headers["X-Amz-Target"].ToString();
        var operation = target.StartsWith(TargetPrefix, StringComparison.Ordinal) ? target[TargetPrefix.Length..] : "";
        var kind = operation == "GetAuthorizationToken" ? RequestKind.GetAuthorizationToken : RequestKind.OtherControlPlane;
        http.Response.Headers["x-amzn-RequestId"] = Guid.NewGuid().ToString();
        var entry = Visit.Entry(http, OriginName.ControlPlane, kind);
        return Visit.RunAsync(region, entry, http, () => CheckAsync(http, kind, operation));
    }

    private async Task CheckAsync(HttpContext http, RequestKind kind, string operation)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        if (_signatures.Refusal(http.Request, body.ToArray(), out var signer) is { } refusal)
        {
            await Reply.ApiErrorAsync(http.Response, refusal.Type, refusal.Message, refusal.Status);
            return;
        }

        if (region.Faults.Take<FaultPlan.Deny>(kind, null) is not null)
        {
            await Reply.ApiErrorAsync(http.Response, "AccessDeniedException", Denials.NotAllowed(region, operation, "*"));
            return;
        }

        try
        {
            using var input = JsonDocument.Parse(body.Length == 0 ? "{}"u8.ToArray() : body.ToArray());
            var asked = input.RootElement.TryGetProperty("registryId", out var id) ? id.GetString()! : signer!.Id;
            await (region.Neighbours.OfAccount(asked) is { } registry
                ? new ControlPlaneOperations(registry).AnswerAsync(http.Response, operation, input.RootElement)
                : Reply.ApiErrorAsync(http.Response, "InvalidParameterException", $"No registry with id '{asked}' here."));
        }
        catch (JsonException e)
        {
            await Reply.ApiErrorAsync(http.Response, "SerializationException", e.Message);
        }
    }
}
