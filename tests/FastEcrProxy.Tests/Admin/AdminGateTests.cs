using System.Net;
using System.Text;
using FastEcrProxy.Admin;
using FastEcrProxy.Clients;
using FastEcrProxy.Tests.Observability;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Tests.Admin;

public sealed class AdminGateTests : IDisposable
{
    private const string Far = "10.1.2.3";

    private static readonly AccessRule[] Rules =
    [
        new AccessRule { Names = [new NamePattern("root")], Actions = new HashSet<ClientAction> { ClientAction.Admin } },
        new AccessRule { Names = [new NamePattern("*")], Actions = new HashSet<ClientAction> { ClientAction.Pull } },
    ];

    private readonly MeasuredValues _measured = new();

    public void Dispose() => _measured.Dispose();

    /// <summary>From where, as whom, with rules, for everybody, and the status of who is refused.</summary>
    public static TheoryData<string, string, bool, bool, int?> Cases => new()
    {
        { "127.0.0.1", "", false, false, null },
        { "::1", "", true, false, null },
        { "::ffff:127.0.0.1", "", true, false, null },
        { Far, "", false, false, 401 },
        { Far, "ann", false, false, null },
        { Far, "wrong", false, false, 401 },
        { Far, "", true, false, 401 },
        { Far, "ann", true, false, 403 },
        { Far, "root", true, false, null },
        { Far, "", false, true, null },
        { Far, "wrong", true, true, null },
    };

    [Theory, MemberData(nameof(Cases))]
    public async Task Metrics_AreForThisMachineForWhoMayAndForEverybodyOnlyIfTheOperatorSaysSo(
        string address, string user, bool hasRules, bool allowsAnybody, int? expected)
    {
        var gate = Gate([new NamedCallers()], hasRules, allowsAnybody);

        var refusal = await gate.RefuseAsync(From(address, user));

        Assert.Equal(expected, refusal?.Status);
    }

    [Fact]
    public async Task WhereNobodyCanSayWhoTheyAre_NobodyIsAskedTo()
    {
        var http = From(Far, "");

        var refusal = await Gate([], hasRules: false, allowsAnybody: false).RefuseAsync(http);

        Assert.Equal(403, refusal?.Status);
        Assert.Contains("Admin.AllowAnonymous", refusal?.Why, StringComparison.Ordinal);
        Assert.Equal(0, http.Response.Headers.WWWAuthenticate.Count);
    }

    [Fact]
    public async Task WhoIsKnownByEcrAlone_SeesNothingWhateverARuleSays()
    {
        var gate = Gate([new NamedCallers(ClientWay.Ecr)], hasRules: true, allowsAnybody: false);

        Assert.Equal(403, (await gate.RefuseAsync(From(Far, "root")))?.Status);
    }

    private static DefaultHttpContext From(string address, string user)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(address);
        if (user.Length > 0)
        {
            http.Request.Headers.Authorization = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:x"));
        }

        return http;
    }

    private AdminGate Gate(IReadOnlyList<IClientWay> ways, bool hasRules, bool allowsAnybody)
    {
        var attempts = new FailedAttempts(0, TimeSpan.FromMinutes(1), TimeProvider.System);
        var clients = new ClientAuthenticator(
            new ClientWays(ways, letsAnybodyIn: true), attempts, _measured.Metrics, TimeProvider.System);
        return new AdminGate(clients, new AccessRules(hasRules ? Rules : []), allowsAnybody);
    }

    /// <summary>Believes whoever says they are somebody, unless that is wrong.</summary>
    private sealed class NamedCallers(ClientWay way = ClientWay.Basic) : IClientWay
    {
        public ClientWay Way => way;

        public ValueTask<Recognition> RecogniseAsync(ClientProof proof, CancellationToken cancel) => new(proof.User switch
        {
            null => Recognition.Nothing,
            "wrong" => Recognition.Refused("wrong password"),
            var name => Recognition.Of(new Caller(name, way)),
        });
    }
}
