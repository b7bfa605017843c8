using System.Buffers;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>How a push of a layer begins: with an address to send it to, with all of it, or with the repository that has it.</summary>
internal sealed class UploadBegin(
    LayerPush push, Upstreams upstreams, RepositoryBlobs repositories, ClientGate gate)
{
    private const int AlgorithmLengthMax = 32;

    private static readonly SearchValues<char> AlgorithmCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789+._-");

    /// <summary>Answers a POST.</summary>
    public async ValueTask<OciError?> HandleAsync(UploadRequest request)
    {
        var query = request.Http.Request.Query;
        if (query["digest"].ToString() is { Length: > 0 } whole)
        {
            return Digest.TryParse(whole, out var digest)
                ? await SendWholeAsync(request, digest)
                : OciError.DigestInvalid("digest is not one: sha256: and 64 lower-case hex digits.");
        }

        if (TryRead(query, out var start, out var from) is { } malformed)
        {
            return malformed;
        }

        start = await MountableAsync(request, start, from);

        var (reply, failure) = await request.Uploads.StartAsync(request.To.There, start, request.Http.RequestAborted);
        if (reply is null)
        {
            return FetchFailures.ToError(failure!, RouteKind.Upload);
        }

        if (reply.Session is null && start.Mount is { } mounted)
        {
            repositories.Learn(request.To.Key, mounted);
            UploadAnswers.Created(request, mounted);
            return null;
        }

        if (reply.Session is null)
        {
            return new OciError(502, "UNKNOWN", "The registry says that it has a layer which nobody has sent.");
        }

        UploadAnswers.GoesOn(request, StatusCodes.Status202Accepted, reply, received: 0);
        return null;
    }

    private async ValueTask<OciError?> SendWholeAsync(UploadRequest request, Digest digest)
    {
        var sent = await push.SendAsync(
            request, offset: 0, (body, cancel) => request.Uploads.SendWholeAsync(request.To.There, digest, body, cancel));
        if (sent.Reply is not { } reply)
        {
            return sent.Error;
        }

        if (reply.Session is not null)
        {
            push.Drop(sent);
            UploadAnswers.GoesOn(request, StatusCodes.Status202Accepted, reply, received: 0); // it took nothing of it
            return null;
        }

        repositories.Learn(request.To.Key, digest);
        push.Publish(sent, digest);
        UploadAnswers.Created(request, digest);
        return null;
    }

    /// <param name="query">What the client wants.</param>
    /// <param name="start">The same as the registry is told, but for the repository that a layer is in.</param>
    /// <param name="from">That repository, as the client calls it; default where there is none.</param>
    private static OciError? TryRead(IQueryCollection query, out UploadStart start, out Repository from)
    {
        (start, from) = (new UploadStart(), default);
        if (query["digest-algorithm"].ToString() is { Length: > 0 and <= AlgorithmLengthMax } algorithm
            && !algorithm.AsSpan().ContainsAnyExcept(AlgorithmCharacters))
        {
            start = start with { Algorithm = algorithm };
        }

        if (query["mount"].ToString() is not { Length: > 0 } mount)
        {
            return null;
        }

        if (!Digest.TryParse(mount, out var digest))
        {
            return OciError.DigestInvalid("mount is no digest: sha256: and 64 lower-case hex digits.");
        }

        if (query["from"].ToString() is not { Length: > 0 } name)
        {
            return null; // the registry would look for it in repositories that are none of this client's business
        }

        if (!Repository.TryParse(name, out from))
        {
            return OciError.NameInvalid("from is no repository's name.");
        }

        start = start with { Mount = digest };
        return null;
    }

    /// <summary>
    /// With the repository as it is called in the registry that this push goes to. Without what is to be mounted where that one is
    /// elsewhere, and where the client may not read it: whoever may not must not get its layers this way either.
    /// </summary>
    private async ValueTask<UploadStart> MountableAsync(UploadRequest request, UploadStart start, Repository from)
    {
        if (start.Mount is not { } digest)
        {
            return start;
        }

        var http = request.Http;
        var (to, error) = upstreams.Find(RequestNames.HostOf(http.Request), RequestNames.NamespaceOf(http.Request), from);
        return error is null && to.Registries.Primary.Client.IsOf(request.To.Registries.Primary.Client)
            && await gate.MayMountAsync(http, request.Record, from, digest, to)
                ? start with { From = to.There }
                : start with { Mount = null };
    }
}
