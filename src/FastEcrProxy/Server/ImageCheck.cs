using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using FastEcrProxy.Ecr;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace FastEcrProxy.Server;

/// <summary>
/// What <c>check --image</c> finds out: which rule takes an image and why, what it is called in the registries, and which of them
/// has it now. Nothing is fetched.
/// </summary>
internal sealed class ImageCheck(ProxySettings settings, TimeProvider time)
{
    private readonly RuleTable _table = new(settings.Upstreams);

    /// <param name="image">As a client would ask for it.</param>
    /// <param name="ns">What containerd would say in <c>ns</c>; null: nothing.</param>
    /// <param name="cancel">Ends the waits for registries.</param>
    public async IAsyncEnumerable<CheckLine> RunAsync(ImageName image, string? ns, [EnumeratorCancellation] CancellationToken cancel)
    {
        var fitting = _table.FindAll(image.HostName, ns, image.Repository);
        yield return RuleLine(image, ns, fitting);
        if (fitting.Count == 0)
        {
            yield break;
        }

        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new ProxyMetrics(services.GetRequiredService<IMeterFactory>());
        await using var tokens = new EcrTokens(time, NullLogger<TokenRefresher>.Instance);
        var auths = new RegistryAuths(tokens, metrics, time, NullLogger<RegistryClient>.Instance);
        using var pool = new RegistryPool(settings.Upstreams, auths.Of, metrics, time, NullLoggerFactory.Instance);
        var (to, error) = new Upstreams(settings.Upstreams, pool).Find(image.HostName, ns, image.Repository);
        if (error is not null)
        {
            yield return CheckLine.Failed($"image {image}: {error.Message}");
            yield break;
        }

        var there = $"{to.There}{(image.Reference.IsDigest ? '@' : ':')}{image.Reference}";
        await foreach (var line in RegistryLinesAsync(to, image.Reference, there, cancel))
        {
            yield return line;
        }
    }

    private static CheckLine RuleLine(ImageName image, string? ns, IReadOnlyList<RuleOptions> fitting)
    {
        var asked = ns is null ? "" : $" with ns {ns}";
        if (fitting.Count == 0)
        {
            return CheckLine.Failed($"image {image}{asked}: no rule takes it; clients get 404 NAME_UNKNOWN");
        }

        var others = fitting.Count == 1 ? "" : $"; less specific: {string.Join(", ", fitting.Skip(1).Select(RuleLines.Short))}";
        return CheckLine.Well($"image {image}{asked}: {RuleLines.Short(fitting[0])} takes it{others}");
    }

    /// <summary>Each registry in the order in which it is asked, at the same time, so that one that hangs holds up no other.</summary>
    private async IAsyncEnumerable<CheckLine> RegistryLinesAsync(
        Destination to, Reference reference, string there, [EnumeratorCancellation] CancellationToken cancel)
    {
        var order = to.Registries.Order(reference);
        var asked = order.Select(registry => (Registry: registry, Answer: AskAsync(registry, to, reference, cancel))).ToList();
        var isFound = false;
        foreach (var (registry, answer) in asked)
        {
            var (head, failure, latency) = await answer;
            var who = $"{registry.Name}{(registry == to.Registries.Primary && order.Length > 1 ? " (primary)" : "")}";
            yield return (head, failure) switch
            {
                ({ } found, _) => CheckLine.Well(
                    $"{who} has {there}: {found.Digest?.ToString() ?? "no digest named"}, {found.MediaType}, "
                    + $"after {latency.TotalMilliseconds:0} ms"),
                (_, { Error: FetchError.NotFound }) => CheckLine.Note($"{who} does not have {there}: {failure.Reason}"),
                _ => CheckLine.Failed($"{who} cannot be asked for {there}: {failure!.Reason}"),
            };
            isFound |= head is not null;
        }

        yield return isFound
            ? CheckLine.Well($"a client gets {there} from the first of these that has it")
            : CheckLine.Failed($"no client gets {there}, unless it is in the cache");
    }

    private async Task<(ManifestHead? Head, FetchFailure? Failure, TimeSpan Latency)> AskAsync(
        Registry registry, Destination to, Reference reference, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        var (head, failure) = await registry.Client.HeadManifestAsync(to.There, reference, MediaTypes.Manifests.ToArray(), cancel);
        return (head, failure, time.GetElapsedTime(began));
    }
}
