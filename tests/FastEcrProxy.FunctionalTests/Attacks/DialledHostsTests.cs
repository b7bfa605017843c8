using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Attacks;

/// <summary>
/// A registry that wants the proxy, and the token it has just been shown, elsewhere: nobody but the registry itself is dialled. TRAP is
/// the port of a server on this machine that would notice, REGISTRY the registry's own host and port.
/// </summary>
public sealed class DialledHostsTests
{
    private const string Blob = "/v2/team/app/blobs/sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("http://127.0.0.1:TRAP/x", "redirect to host 127.0.0.1:TRAP is not allowed")]
    [InlineData("//127.0.0.1:TRAP/x", "redirect to host 127.0.0.1:TRAP is not allowed")]
    [InlineData("HTTP://LocalHost:TRAP/x", "redirect to host localhost:TRAP is not allowed")]
    [InlineData("http://localhost.:TRAP/x", "redirect to host localhost.:TRAP is not allowed")]
    [InlineData("http://2130706433:TRAP/x", "redirect to host 127.0.0.1:TRAP is not allowed")]
    [InlineData("http://0x7f000001:TRAP/x", "redirect to host 127.0.0.1:TRAP is not allowed")]
    [InlineData("http://0177.0.0.1:TRAP/x", "redirect to host 127.0.0.1:TRAP is not allowed")]
    [InlineData("http://127.1:TRAP/x", "redirect to host 127.0.0.1:TRAP is not allowed")]
    [InlineData("http://0:TRAP/x", "redirect to host 0.0.0.0:TRAP is not allowed")]
    [InlineData("http://[::1]:TRAP/x", "redirect to host [::1]:TRAP is not allowed")]
    [InlineData("http://[::ffff:127.0.0.1]:TRAP/x", "redirect to host [::ffff:127.0.0.1]:TRAP is not allowed")]
    [InlineData("http://REGISTRY@127.0.0.1:TRAP/x", "redirect to host 127.0.0.1:TRAP is not allowed")]
    [InlineData("http://REGISTRY%2f@127.0.0.1:TRAP/x", "redirect to host 127.0.0.1:TRAP is not allowed")]
    [InlineData("http://user:pass@REGISTRY/x", "redirect to host REGISTRY is not allowed")]
    [InlineData("https://REGISTRY/x", "redirect to host REGISTRY is not allowed")]
    [InlineData("http://127.0.0.1:TRAP#@REGISTRY/x", "redirect to host 127.0.0.1:TRAP is not allowed")]
    [InlineData("http://127.0.0.1:TRAP?@REGISTRY/x", "redirect to host 127.0.0.1:TRAP is not allowed")]
    [InlineData("http://169.254.169.254/latest/meta-data/iam/security-credentials/", "redirect to host 169.254.169.254 is not allowed")]
    [InlineData("http://169.254.170.2/v2/credentials", "redirect to host 169.254.170.2 is not allowed")]
    [InlineData("http://[fd00:ec2::254]/latest", "redirect to host [fd00:ec2::254] is not allowed")]
    [InlineData("http://xn--80ak6aa92e.example:TRAP/x", "redirect to host xn--80ak6aa92e.example:TRAP is not allowed")]
    [InlineData("file:///etc/passwd", "not to an address that can be read")]
    [InlineData("ftp://127.0.0.1:TRAP/x", "not to an address that can be read")]
    [InlineData("gopher://127.0.0.1:TRAP/x", "not to an address that can be read")]
    [InlineData("http:\\\\127.0.0.1:TRAP\\x", "not to an address that can be read")]
    [InlineData("http://127.0.0.1:TRAP\\@REGISTRY/x", "not to an address that can be read")]
    [InlineData("http:127.0.0.1:TRAP/x", "not")]
    [InlineData("http://127.0.0.1:TRAP/a b", "not to an address that can be read")]
    [InlineData("http://127.0.0.1:TRAP/\u00e4", "not to an address that can be read")]
    [InlineData("", "not to an address that can be read")]
    public async Task Redirect_IsNotFollowedElsewhere(string location, string said)
    {
        using var trap = new TrapServer();
        HostileRegistry? registry = null;
        using var hostile = registry = new HostileRegistry((_, stream) => stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(
            $"HTTP/1.1 307 Temporary Redirect\r\nLocation: {Filled(location, trap, registry!)}\r\nContent-Length: 0\r\n\r\n")).AsTask());
        await using var proxy = await StartAsync(hostile);

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", Blob);

        Assert.Equal((502, "UNKNOWN"), (answer.Status, answer.ErrorCode()));
        Assert.Contains(Filled(said, trap, hostile), Assert.Single(proxy.Complaints, IsOfUpstream), StringComparison.Ordinal);
        Assert.False(trap.WasDialled);
        Assert.InRange(hostile.Requests, 1, 2);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("///127.0.0.1:TRAP/x")]
    [InlineData("/\\127.0.0.1:TRAP/x")]
    [InlineData("\\\\127.0.0.1:TRAP\\x")]
    [InlineData("/..//127.0.0.1:TRAP/x")]
    [InlineData("?x=//127.0.0.1:TRAP")]
    [InlineData("x:80@127.0.0.1:TRAP/")]
    public async Task OddRedirect_LeadsNowhereElse(string location)
    {
        using var trap = new TrapServer();
        using var hostile = new HostileRegistry(
            $"HTTP/1.1 307 Temporary Redirect\r\nLocation: {location.Replace("TRAP", $"{trap.Port}", StringComparison.Ordinal)}"
            + "\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(hostile);

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", Blob);

        Assert.Equal((502, "UNKNOWN"), (answer.Status, answer.ErrorCode()));
        Assert.False(trap.WasDialled);
        Assert.InRange(hostile.Requests, 1, 4); // its own redirects are not followed for ever
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("http://127.0.0.1:TRAP/token")]
    [InlineData("http://LOCALHOST:TRAP/token")]
    [InlineData("http://2130706433:TRAP/token")]
    [InlineData("http://0x7f.1:TRAP/token")]
    [InlineData("http://[::1]:TRAP/token")]
    [InlineData("http://REGISTRY@127.0.0.1:TRAP/token")]
    [InlineData("http://user:pass@REGISTRY/token")]
    [InlineData("https://REGISTRY/token")]
    [InlineData("http://169.254.169.254/latest/api/token")]
    [InlineData("http://[fd00:ec2::254]/latest/api/token")]
    [InlineData("//127.0.0.1:TRAP/token")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1:TRAP/token")]
    [InlineData("http:\\\\\\\\127.0.0.1:TRAP\\\\token")]
    public async Task Realm_IsNotAskedElsewhere(string realm)
    {
        using var trap = new TrapServer();
        HostileRegistry? registry = null;
        using var hostile = registry = new HostileRegistry((_, stream) => stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(
            $"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"{Filled(realm, trap, registry!)}\",service=\"x\"\r\n"
            + "Content-Length: 0\r\n\r\n")).AsTask());
        await using var proxy = await StartAsync(
            hostile, new RegistryAuthOptions { Kind = RegistryAuthKind.Bearer, User = "u", Password = "hunter2" });

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", "/v2/team/app/manifests/v1");

        Assert.Equal((502, "UNKNOWN"), (answer.Status, answer.ErrorCode()));
        Assert.Matches(
            "sends for tokens to .* not allowed|asks for a token, but gives no address", Assert.Single(proxy.Complaints, IsOfUpstream));
        Assert.False(trap.WasDialled);
        Assert.DoesNotContain(proxy.Log.Lines, line => line.Contains("hunter2", StringComparison.Ordinal));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("<http://127.0.0.1:TRAP/v2/x?last=1>; rel=\"next\"", "</v2/team/app/tags/list?last=1>; rel=\"next\"")]
    [InlineData("<//127.0.0.1:TRAP/?last=1>; rel=\"next\"", "</v2/team/app/tags/list?last=1>; rel=\"next\"")]
    public async Task Link_StaysOnTheProxy(string link, string seen)
    {
        using var trap = new TrapServer();
        using var hostile = new HostileRegistry(
            $"HTTP/1.1 200 OK\r\nLink: {link.Replace("TRAP", $"{trap.Port}", StringComparison.Ordinal)}\r\n"
            + "Content-Type: application/json\r\nContent-Length: 27\r\n\r\n{\"name\":\"x\",\"tags\":[\"one\"]}");
        await using var proxy = await StartAsync(hostile);

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", "/v2/team/app/tags/list");

        Assert.Equal((200, seen), (answer.Status, answer.Header("Link")));
        Assert.False(trap.WasDialled);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("http://169.254.169.254/")]
    [InlineData("http://169.254.170.23/")]
    [InlineData("http://[fd00:ec2::254]/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    public async Task AddressOfCredentials_IsNotDialledEvenWhereItIsWrittenDown(string endpoint)
    {
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Upstream = settings.Upstream with { Host = null, Endpoint = new Uri(endpoint), UsesEcrToken = false },
        });

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", "/v2/team/app/manifests/v1");

        Assert.Equal((503, "UNAVAILABLE"), (answer.Status, answer.ErrorCode()));
        Assert.Contains(
            "where AWS hands out this machine's credentials", System.Text.Encoding.UTF8.GetString(answer.Body), StringComparison.Ordinal);
    }

    private static bool IsOfUpstream(string line) => line.StartsWith("Error 5004 ", StringComparison.Ordinal);

    private static string Filled(string text, TrapServer trap, HostileRegistry registry) => text
        .Replace("TRAP", $"{trap.Port}", StringComparison.Ordinal)
        .Replace("REGISTRY", registry.Address.Authority, StringComparison.Ordinal);

    /// <summary>With ECR's token, which the registry is shown and nobody else may see.</summary>
    private static Task<ProxyUnderTest> StartAsync(HostileRegistry registry, RegistryAuthOptions? auth = null) =>
        ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Upstream = settings.Upstream with
            {
                Endpoint = registry.Address, Auth = auth ?? settings.Upstream.Auth, AllowedRedirectHosts = [],
            },
        });
}
