using System.Collections.Concurrent;

namespace FastEcrProxy.LocalEcr;

/// <summary>The uploads that have begun and not ended, by their ids.</summary>
internal sealed class Uploads(long keptBytesMax) : IDisposable
{
    private readonly ConcurrentDictionary<string, Upload> _byId = new();

    public Upload Start(string repository)
    {
        var upload = new Upload(repository, keptBytesMax);
        _byId[upload.Id] = upload;
        return upload;
    }

    /// <summary>An upload is known only under the repository that it was begun for.</summary>
    public Upload? Find(string repository, string id) =>
        _byId.TryGetValue(id, out var upload) && upload.Repository == repository ? upload : null;

    public void End(Upload upload)
    {
        _byId.TryRemove(upload.Id, out _);
        upload.Dispose();
    }

    public void Dispose()
    {
        foreach (var upload in _byId.Values)
        {
            End(upload);
        }
    }
}
