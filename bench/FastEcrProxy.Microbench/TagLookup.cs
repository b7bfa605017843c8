using BenchmarkDotNet.Attributes;
using FastEcrProxy.Cache;
using FastEcrProxy.Http;
using FastEcrProxy.Oci;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Primitives;

namespace FastEcrProxy.Microbench;

/// <summary>Question: what does it save to remember the Accept headers of earlier requests when a tag is looked up?</summary>
[MemoryDiagnoser]
[MinColumn, MedianColumn]
public class TagLookup
{
    private readonly AcceptHeaders _accepts = new();
    private WarmProxy _proxy = null!;
    private Repository _repository;
    private StringValues _accept;

    /// <summary>containerd joins its types into one line; docker and podman send a line for each.</summary>
    [Params(false, true)]
    public bool LineForEachType { get; set; }

    [GlobalSetup]
    public void Start()
    {
        _proxy = new WarmProxy(NullLoggerFactory.Instance);
        Repository.TryParse(WarmProxy.Name, out _repository);
        _accept = LineForEachType ? WarmProxy.Accept.Split(", ") : WarmProxy.Accept;
        if (ReadAnew() is null || Remembered() is null)
        {
            throw new InvalidOperationException("The tag is not there.");
        }
    }

    [GlobalCleanup]
    public async Task StopAsync() => await _proxy.DisposeAsync();

    [Benchmark(Baseline = true)]
    public object? ReadAnew() => LookUp(new AcceptHeader(_accept));

    [Benchmark]
    public object? Remembered() => LookUp(_accepts.Read(_accept));

    private TagEntry? LookUp(AcceptHeader accept) =>
        _proxy.Cache.Tags.TryGet(new RepositoryKey("", _repository), WarmProxy.Tag, accept.Key);
}
