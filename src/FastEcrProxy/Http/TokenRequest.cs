using System.Buffers;
using System.Text.Json;
using FastEcrProxy.Clients;
using FastEcrProxy.Oci;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FastEcrProxy.Http;

/// <summary>The request for a token and its answer, in both forms that clients use.</summary>
/// <remarks>
/// GET with Basic or nothing: distribution, "Token Authentication Specification". POST with a form, by clients that keep an
/// identity token: "Oauth2 Token Authentication". The scope is not looked at: what a caller may do is asked with each request.
/// </remarks>
internal static class TokenRequest
{
    /// <summary>As docker calls who has an identity token and no name.</summary>
    public const string IdentityUser = "<token>";

    private const int FormBytesMax = 64 << 10; // an ECR token or a JWT, and some words

    /// <summary>What was shown, or what is wrong with the request.</summary>
    public static async ValueTask<(ClientProof? Shown, OciError? Error)> ReadAsync(HttpContext http, ClientProof proof)
    {
        if (PushMethods.IsRead(http.Request.Method))
        {
            return (AuthorizationHeader.Read(http.Request.Headers.Authorization, proof), null);
        }

        if (http.Request.Method != HttpMethods.Post)
        {
            http.Response.Headers.Allow = "GET, POST";
            return (null, OciError.Unsupported("A token is got by GET or by POST."));
        }

        http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = FormBytesMax;
        if (!http.Request.HasFormContentType)
        {
            return (null, new OciError(400, "UNSUPPORTED", "A token is asked for with a form: grant_type=password or refresh_token."));
        }

        try
        {
            return Read(await http.Request.ReadFormAsync(http.RequestAborted), proof);
        }
        catch (BadHttpRequestException refused) when (refused.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, new OciError(413, "SIZE_INVALID", $"The form has more than {FormBytesMax} bytes."));
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException)
        {
            return (null, new OciError(400, "UNSUPPORTED", "The form cannot be read."));
        }
    }

    /// <summary>Sends a token.</summary>
    public static ValueTask AnswerAsync(HttpContext http, string token, RequestRecord record)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("token"u8, token);
            json.WriteString("access_token"u8, token);
            json.WriteNumber("expires_in"u8, (int)SealedCredentials.Lasting.TotalSeconds);
            json.WriteString("token_type"u8, "Bearer"u8);
            json.WriteEndObject();
        }

        http.Response.Headers.CacheControl = "no-store";
        return ReadyBody.SendAsync(http, MediaTypes.Json, bytes.WrittenMemory, record);
    }

    private static (ClientProof? Shown, OciError? Error) Read(IFormCollection form, ClientProof proof) =>
        form["grant_type"].ToString() switch
        {
            "password" => (proof with { User = form["username"].ToString(), Password = form["password"].ToString() }, null),
            "refresh_token" => (proof with { User = IdentityUser, Password = form["refresh_token"].ToString() }, null),
            _ => (null, new OciError(400, "UNSUPPORTED", "grant_type is neither password nor refresh_token.")),
        };
}
