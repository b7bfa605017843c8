using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Tests.Http;

/// <summary>A blob whose file grows when the test says so, and may end early or turn out to be shorter than it says.</summary>
internal sealed class GrowingBlob : IBlobBytes
{
    private readonly string _path = Path.GetTempFileName();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _there;

    public GrowingBlob(byte[] bytes, long? announced = null)
    {
        System.IO.File.WriteAllBytes(_path, bytes);
        Length = announced ?? bytes.Length;
        File = System.IO.File.OpenHandle(_path);
    }

    public SafeFileHandle File { get; }

    public long Length { get; }

    public CacheOutcome Outcome => CacheOutcome.Miss;

    public FetchFailure? Failure { get; private set; }

    public GrowingBlob Grow(long there)
    {
        _there = there;
        return Changed();
    }

    public GrowingBlob Fail(FetchError error)
    {
        Failure = new FetchFailure(error, $"failed: {error}");
        return Changed();
    }

    public async ValueTask<long> ReadableAsync(long offset, CancellationToken cancel)
    {
        while (offset >= _there && offset < Length && Failure is null)
        {
            await _changed.Task.WaitAsync(cancel);
        }

        return Math.Max(0, _there - offset);
    }

    public void Dispose()
    {
        File.Dispose();
        System.IO.File.Delete(_path);
    }

    private GrowingBlob Changed()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
        return this;
    }
}
