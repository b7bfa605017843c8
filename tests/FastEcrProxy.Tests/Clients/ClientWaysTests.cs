using System.Net;
using FastEcrProxy.Clients;

namespace FastEcrProxy.Tests.Clients;

public sealed class ClientWaysTests
{
    private static readonly Caller Ann = new("ann", ClientWay.Basic);
    private static readonly Caller Bob = new("bob", ClientWay.Jwt);

    private static readonly ClientProof Shows = new(IPAddress.Loopback, "user", "password");
    private static readonly ClientProof ShowsNothing = new(IPAddress.Loopback);

    /// <summary>What two ways say, and what comes of it: k known, r refused, u undecided, n nothing.</summary>
    public static TheoryData<string, string> Answers => new()
    {
        { "kk", "ann" }, { "kr", "ann" }, { "rk", "bob" }, { "uk", "bob" }, { "nk", "bob" },
        { "rr", "refused" }, { "rn", "refused" }, { "nr", "refused" }, { "nn", "refused" },
        { "ru", "undecided" }, { "ur", "undecided" }, { "un", "undecided" },
    };

    [Theory, MemberData(nameof(Answers))]
    public async Task OfSeveralWays_TheFirstThatKnowsCounts(string answers, string expected)
    {
        var ways = new ClientWays([new Stub(answers[0], Ann), new Stub(answers[1], Bob)], letsAnybodyIn: true);

        var recognition = await ways.RecogniseAsync(Shows, TestContext.Current.CancellationToken);

        Assert.Equal(expected, recognition switch
        {
            { Caller: { } caller } => caller.Name,
            { Trouble: not null } => "undecided",
            { Refusal: not null } => "refused",
            _ => "nothing",
        });
    }

    [Theory]
    [InlineData(true, "anonymous")]
    [InlineData(false, null)]
    public async Task WhoShowsNothing_IsAnonymousOnlyWhereAnybodyMayComeIn(bool letsAnybodyIn, string? expected)
    {
        var ways = new ClientWays([new Stub('n', Ann)], letsAnybodyIn);

        var recognition = await ways.RecogniseAsync(ShowsNothing, TestContext.Current.CancellationToken);

        Assert.Equal(expected, recognition.Caller?.Name);
        Assert.Null(recognition.Refusal);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.0/24")]
    [InlineData("192.0.2.130", "192.0.2.128/25")]
    [InlineData("2001:db8::5", "2001:db8::/32")]
    [InlineData("198.51.100.1", null)]
    public async Task Network_IsWhatItsClientsAreCalled(string address, string? expected)
    {
        var networks = new NetworkCallers(
            [IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("2001:db8::/32"), IPNetwork.Parse("192.0.2.128/25")]);

        var recognition = await networks.RecogniseAsync(new ClientProof(IPAddress.Parse(address)), TestContext.Current.CancellationToken);

        Assert.Equal(expected, recognition.Caller?.Name);
    }

    [Theory]
    [InlineData('k', "ann")]
    [InlineData('r', null)]
    public async Task WhoOfANetworkShowsCredentials_IsKnownByThemOrNotAtAll(char answer, string? expected)
    {
        var ways = new ClientWays(
            [new NetworkCallers([IPNetwork.Parse("127.0.0.0/8")]), new Stub(answer, Ann)], letsAnybodyIn: false);

        Assert.Equal(expected, (await ways.RecogniseAsync(Shows, TestContext.Current.CancellationToken)).Caller?.Name);
        Assert.Equal("127.0.0.0/8", (await ways.RecogniseAsync(ShowsNothing, TestContext.Current.CancellationToken)).Caller?.Name);
    }

    [Fact]
    public async Task CredentialsThatNobodyLooksAt_KeepNobodyOfANetworkOut()
    {
        var ways = new ClientWays([new NetworkCallers([IPNetwork.Parse("127.0.0.0/8")])], letsAnybodyIn: false);

        Assert.NotNull((await ways.RecogniseAsync(Shows, TestContext.Current.CancellationToken)).Caller);
    }

    /// <summary>Whoever has a certificate could try passwords without end, and a login with a wrong one would go well.</summary>
    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "cert:x")]
    public async Task CertificateOfWhoShowsAWrongPassword_DoesNotCount(bool showsPassword, string? expected)
    {
        var ways = new ClientWays([new Stub('k', new Caller("cert:x", ClientWay.Mtls)), new Stub('r', Ann)], letsAnybodyIn: false);

        var recognition = await ways.RecogniseAsync(showsPassword ? Shows : ShowsNothing, TestContext.Current.CancellationToken);

        Assert.Equal(expected, recognition.Caller?.Name);
    }

    private sealed class Stub(char answer, Caller caller) : IClientWay
    {
        public ClientWay Way => caller.Way;

        public ValueTask<Recognition> RecogniseAsync(ClientProof proof, CancellationToken cancel) => new(answer switch
        {
            'k' => Recognition.Of(caller),
            'r' => Recognition.Refused("wrong"),
            'u' => Recognition.Undecided("down"),
            _ => Recognition.Nothing,
        });
    }
}
