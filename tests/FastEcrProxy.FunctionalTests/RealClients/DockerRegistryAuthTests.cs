using FastEcrProxy.LocalEcr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>A real registry that does not let everybody in, behind the proxy, which knows how to get in.</summary>
public sealed class DockerRegistryAuthTests : RealClientTests
{
    // bcrypt of the two passwords, by the C library's crypt().
    private const string FirstLine = "ci:$2y$05$abcdefghijklmnopqrstuuM3sQey8DZviRRkMjmk7wGr.7zlb4loC\n";
    private const string SecondLine = "ci:$2y$05$abcdefghijklmnopqrstuuQQ3svipWaDLu5Kgwa3hvLrUP0FshBnK\n";

    [Fact]
    public async Task RegistryWithPasswords_IsPulledFrom_AndGoesOnToBeWhenThePasswordChanges()
    {
        var skopeo = Own(Skopeo.Start(caFile: null));
        var registry = Own(await DockerRegistry.StartAsync(room =>
            $"auth: {{ htpasswd: {{ realm: x, path: {room.File("htpasswd", FirstLine)} }} }}"));
        var first = SampleImage.Build(500_000);
        await registry.FillAsync(skopeo, first, $"{Repository}:1.0", "--dest-creds", "ci:first-password");
        var password = registry.Room.File("password", "first-password\n");
        var proxy = await StartProxyAsync(settings => settings with
        {
            Upstream = new UpstreamOptions
            {
                Endpoint = new Uri($"http://{registry.Authority}"),
                Auth = new RegistryAuthOptions { Kind = RegistryAuthKind.Basic, User = "ci", PasswordFile = password },
            },
        });

        await PullRightAsync(skopeo, $"{proxy.Authority}/{Repository}:1.0", first);
        registry.Room.File("htpasswd", SecondLine);
        registry.Room.File("password", "second-password\n");
        await skopeo.ForgetAsync();

        var second = SampleImage.Build(600_000);
        await registry.FillAsync(skopeo, second, $"{Repository}:2.0", "--dest-creds", "ci:second-password");
        await PullRightAsync(skopeo, $"{proxy.Authority}/{Repository}:2.0", second);
        Assert.DoesNotContain(proxy.Log.Lines, line => line.Contains("-password", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RegistryWithTokens_IsPulledFrom_WithOneTokenForTheRepository()
    {
        var skopeo = Own(Skopeo.Start(caFile: null));
        var signer = Own(await TokenSigner.StartAsync(Cancel));
        var registry = Own(await DockerRegistry.StartAsync(signer.ConfigFor));
        var image = SampleImage.Build(500_000);
        await registry.FillAsync(skopeo, image, $"{Repository}:1.0", "--dest-creds", $"{TokenSigner.User}:{TokenSigner.Password}");
        signer.Asked.Clear();
        var proxy = await StartProxyAsync(settings => settings with
        {
            Upstream = new UpstreamOptions
            {
                Endpoint = new Uri($"http://{registry.Authority}"),
                Auth = new RegistryAuthOptions
                {
                    Kind = RegistryAuthKind.Bearer,
                    User = TokenSigner.User,
                    Password = TokenSigner.Password,
                    AllowedTokenHosts = [signer.Authority],
                },
            },
        });

        await PullRightAsync(skopeo, $"{proxy.Authority}/{Repository}:1.0", image);

        Assert.Equal([$"?service={TokenSigner.Service}&scope=repository%3Ademo%2Fhello%3Apull"], signer.Asked);
        Assert.DoesNotContain(proxy.Log.Lines, line => line.Contains(TokenSigner.Password, StringComparison.Ordinal));
    }
}
