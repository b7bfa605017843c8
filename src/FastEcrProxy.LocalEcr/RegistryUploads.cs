using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>Blobs on their way in: begun by POST, brought by PATCH and PUT, mounted, asked about, given up.</summary>
internal sealed class RegistryUploads(LocalService service)
{
    private readonly UploadBody _body = new(service);

    private RegistryManners Manners => service.Manners;

    public Task AnswerAsync(HttpContext http, RegistryPath path, RepositoryContent repository)
    {
        switch (path.Kind)
        {
            case RequestKind.StartUpload:
                return StartAsync(http, path);
            case RequestKind.MountBlob:
                return MountAsync(http, path);
            case RequestKind.UploadWhole:
                return WholeAsync(http, path, repository);
        }

        if (service.Uploads.Find(path.Repository, path.Reference) is not { } upload)
        {
            return UnknownAsync(http, path);
        }

        if (Manners.LocationHasState && !upload.HasState(http.Request.Query["_state"].ToString()))
        {
            return Reply.OciErrorAsync(http.Response, 400, "BLOB_UPLOAD_INVALID", "The upload's address has lost its state");
        }

        return path.Kind switch
        {
            RequestKind.UploadPart => PartAsync(http, path, upload),
            RequestKind.FinishUpload => FinishAsync(http, path, repository, upload),
            RequestKind.CancelUpload => CancelAsync(http, upload),
            _ => ProgressAsync(http, upload, StatusCodes.Status204NoContent),
        };
    }

    private Task StartAsync(HttpContext http, RegistryPath path) =>
        ProgressAsync(http, service.Uploads.Start(path.Repository), StatusCodes.Status202Accepted);

    private Task MountAsync(HttpContext http, RegistryPath path)
    {
        var from = http.Request.Query["from"].ToString();
        if (!service.BlobMounting || service.Content.Find(from)?.Blob(path.Digest!) is not { } blob)
        {
            return StartAsync(http, path); // the client uploads it then
        }

        service.Content.PutBlob(path.Repository, blob);
        return CreatedAsync(http, path.Repository, blob.Digest);
    }

    private async Task WholeAsync(HttpContext http, RegistryPath path, RepositoryContent repository)
    {
        var upload = service.Uploads.Start(path.Repository);
        try
        {
            await FinishAsync(http, path, repository, upload);
        }
        finally
        {
            service.Uploads.End(upload); // nobody was told its id, so nobody can go on with it
        }
    }

    private async Task PartAsync(HttpContext http, RegistryPath path, Upload upload)
    {
        using var turn = await upload.EnterAsync(http.RequestAborted);
        if (await TakeAsync(http, path, upload))
        {
            upload.EndPart();
            await ProgressAsync(
                http, upload, Manners.PartIsCreated ? StatusCodes.Status201Created : StatusCodes.Status202Accepted);
        }
    }

    private async Task FinishAsync(HttpContext http, RegistryPath path, RepositoryContent repository, Upload upload)
    {
        using var turn = await upload.EnterAsync(http.RequestAborted);
        if (!RegistryPath.IsDigestText(path.Digest ?? ""))
        {
            await Reply.OciErrorAsync(http.Response, 400, "DIGEST_INVALID", $"Invalid digest '{path.Digest}'");
            return;
        }

        if (!await TakeAsync(http, path, upload))
        {
            return;
        }

        var blob = upload.Finish(path.Digest!);
        service.Uploads.End(upload);
        if (blob is null)
        {
            await Reply.OciErrorAsync(
                http.Response,
                400,
                Manners.WrongDigestIsUploadInvalid ? "BLOB_UPLOAD_INVALID" : "DIGEST_INVALID",
                "None of the provided layer digests match the calculated layer digest");
            return;
        }

        if (repository.Blob(blob.Digest) is null)
        {
            service.Content.PutBlob(path.Repository, blob);
        }

        await CreatedAsync(http, path.Repository, blob.Digest);
    }

    private async Task CancelAsync(HttpContext http, Upload upload)
    {
        using var turn = await upload.EnterAsync(http.RequestAborted);
        service.Uploads.End(upload);
        await Reply.EmptyAsync(http.Response, StatusCodes.Status204NoContent);
    }

    /// <summary>Takes in what the request brings, if it belongs where the upload stands.</summary>
    /// <returns>Whether it did; otherwise the request has been answered, or nobody waits for an answer.</returns>
    private async Task<bool> TakeAsync(HttpContext http, RegistryPath path, Upload upload)
    {
        if (path.Reference.Length > 0 && service.Uploads.Find(path.Repository, path.Reference) is null)
        {
            await UnknownAsync(http, path); // it ended while this request waited for its turn
            return false;
        }

        var stated = PartRange.Parse(http.Request.Headers.ContentRange);
        if (stated is { IsMalformed: true } || (stated is not null && stated.First != upload.Received))
        {
            await Reply.OciErrorAsync(
                http.Response,
                StatusCodes.Status416RangeNotSatisfiable,
                "BLOB_UPLOAD_INVALID",
                $"First byte of the layer part is {stated.First} instead of {upload.Received}"); // aws/containers-roadmap#2831
            return false;
        }

        if (stated is not null && http.Request.ContentLength is { } length && length != stated.Length)
        {
            await Reply.OciErrorAsync(
                http.Response, 400, "SIZE_INVALID", $"The part has {length} bytes, and its range {stated.Length}");
            return false;
        }

        return await _body.TakeAsync(http, path.Kind, path.Digest, upload.Append);
    }

    private Task UnknownAsync(HttpContext http, RegistryPath path) => Reply.OciErrorAsync(
        http.Response, 404, "BLOB_UPLOAD_UNKNOWN", Denials.NoUpload(path.Reference, path.Repository, service.RegistryId));

    private Task ProgressAsync(HttpContext http, Upload upload, int status)
    {
        var headers = http.Response.Headers;
        var state = Manners.LocationHasState ? "?_state=" + Uri.EscapeDataString(upload.NextState()) : "";
        headers.Location = LocationOf($"/v2/{upload.Repository}/blobs/uploads/{upload.Id}{state}");
        if (!Manners.UploadHeadersAreMissing)
        {
            var told = Manners.RangeIsStale ? upload.FirstPartLength : upload.Received;
            headers["Docker-Upload-UUID"] = upload.Id;
            headers.Range = string.Create(CultureInfo.InvariantCulture, $"0-{Math.Max(0, told - 1)}");
        }

        return Reply.EmptyAsync(http.Response, status);
    }

    private Task CreatedAsync(HttpContext http, string repository, string digest)
    {
        http.Response.Headers.Location = LocationOf($"/v2/{repository}/blobs/{digest}");
        http.Response.Headers["Docker-Content-Digest"] = digest;
        return Reply.EmptyAsync(http.Response, StatusCodes.Status201Created);
    }

    private string LocationOf(string path) =>
        Manners.LocationIsAbsolute ? service.Registry.GetLeftPart(UriPartial.Authority) + path : path;
}
