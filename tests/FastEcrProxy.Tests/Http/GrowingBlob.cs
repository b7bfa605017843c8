using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Tests.Http;

/// <summary>A blob whose file grows when the test says so, and may end early or turn out to be shorter than it says.</summary>
internal sealed class GrowingBlob : IBlobBytes
{
    private readonly string _path = Path.GetTempFileName();
    private readonly Lock _gate = new(); // who looks and then waits must not miss what comes in between
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

    public GrowingBlob Grow(long there) => Change(() => _there = there);

    public GrowingBlob Fail(FetchError error) => Change(() => Failure = new FetchFailure(error, $"failed: {error}"));

    public async ValueTask<long> ReadableAsync(long offset, CancellationToken cancel)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (offset < _there || offset >= Length || Failure is not null)
                {
                    return Math.Max(0, _there - offset);
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancel);
        }
    }

    public void Dispose()
    {
        File.Dispose();
        System.IO.File.Delete(_path);
    }

    private GrowingBlob Change(Action change)
    {
        lock (_gate)
        {
            change();
            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return this;
    }
}
