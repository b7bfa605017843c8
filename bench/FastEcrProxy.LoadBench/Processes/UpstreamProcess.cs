using System.Net.Http.Headers;
using FastEcrProxy.LoadBench.Machine;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Processes;

/// <summary>The stand-in for ECR, running.</summary>
internal sealed class UpstreamProcess : IAsyncDisposable
{
    private readonly RoleProcess<UpstreamOrder, UpstreamAnswer> _role;

    private UpstreamProcess(RoleProcess<UpstreamOrder, UpstreamAnswer> role, UpstreamSpec spec, UpstreamAddress address) =>
        (_role, Spec, Address) = (role, spec, address);

    public UpstreamSpec Spec { get; }

    public UpstreamAddress Address { get; }

    public ProcessTree Tree => _role.Tree;

    public static async Task<UpstreamProcess> StartAsync(UpstreamSpec spec, int? core, CancellationToken cancel)
    {
        var role = new RoleProcess<UpstreamOrder, UpstreamAnswer>("upstream", core);
        try
        {
            var answer = await role.AskAsync(new UpstreamOrder { Start = spec }, cancel);
            return answer.Address is { } address
                ? new UpstreamProcess(role, spec, address)
                : throw new BenchFailure($"The stand-in for ECR does not start: {answer.Failure}");
        }
        catch
        {
            await role.DisposeAsync();
            throw;
        }
    }

    public Task<UpstreamAnswer> CountsAsync(CancellationToken cancel) => _role.AskAsync(new UpstreamOrder(), cancel);

    public Task ResetAsync(CancellationToken cancel) => _role.AskAsync(new UpstreamOrder { Reset = true }, cancel);

    /// <summary>A signed URL of a blob, for a client that goes to the layer store without anybody between.</summary>
    public async Task<Uri> LayerUrlAsync(string digest, CancellationToken cancel)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
        });
        var address = new Uri(Address.Registry, $"/v2/{Contender.Repository}/blobs/{digest}");
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Address.Authorization);
        using var answer = await http.SendAsync(request, cancel);
        return answer.Headers.Location
            ?? throw new BenchFailure($"The stand-in for ECR answers {(int)answer.StatusCode}, not a redirect.");
    }

    public ValueTask DisposeAsync() => _role.DisposeAsync();
}
