using System.Text;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

/// <summary>A registry that takes a user and a password, wherever the password is.</summary>
public sealed class BasicAuthTests : IDisposable
{
    private const string Variable = "FAST_ECR_PROXY_TEST_PASSWORD";

    private readonly string _file = Path.GetTempFileName();
    private StubbedRegistry? _stubbed;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IEnumerable<string> Shown => _stubbed!.Registry.Requests
        .Select(request => request.Headers.NonValidated["Authorization"].ToString()["Basic ".Length..])
        .Select(base64 => Encoding.UTF8.GetString(Convert.FromBase64String(base64)));

    public void Dispose()
    {
        _stubbed?.Dispose();
        File.Delete(_file);
    }

    [Theory]
    [InlineData("secret", "secret")]
    [InlineData("with:colon and ümlaut ", "with:colon and ümlaut ")]
    public async Task Password_IsShownWithEveryQuestion(string password, string expected)
    {
        Use(new RegistryAuthOptions { Kind = RegistryAuthKind.Basic, User = "ci", Password = password });
        _stubbed!.Registry.Answers(() => Answers.Of(200), times: 2);

        Assert.Null(await _stubbed.Client.PingAsync(Cancel));
        Assert.Null(await _stubbed.Client.PingAsync(Cancel));
        Assert.Equal(["ci:" + expected, "ci:" + expected], Shown);
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("secret\n")]
    [InlineData("secret\r\n")]
    public async Task PasswordOfAFile_IsItsLine(string content)
    {
        UseFile(content);
        _stubbed!.Registry.Answers(() => Answers.Of(200));

        Assert.Null(await _stubbed.Client.PingAsync(Cancel));
        Assert.Equal(["ci:secret"], Shown);
    }

    [Fact]
    public async Task FileThatChanges_IsReadAnew()
    {
        UseFile("old");
        _stubbed!.Registry.Answers(() => Answers.Of(200), times: 2);
        await _stubbed.Client.PingAsync(Cancel);
        File.WriteAllText(_file, "new");
        _stubbed.Time.Advance(TimeSpan.FromSeconds(1));

        await _stubbed.Client.PingAsync(Cancel);

        Assert.Equal(["ci:old", "ci:new"], Shown);
    }

    [Fact]
    public async Task RefusedPassword_IsReplacedByWhatTheFileHasNow_AtOnce()
    {
        UseFile("old");
        _stubbed!.Registry.Answers(() => Answers.Of(200)).Answers(() => Answers.Of(401)).Answers(() => Answers.Of(200));
        await _stubbed.Client.PingAsync(Cancel);
        File.WriteAllText(_file, "new");

        Assert.Null(await _stubbed.Client.PingAsync(Cancel));
        Assert.Equal(["ci:old", "ci:old", "ci:new"], Shown);
        Assert.Equal([5005], _stubbed.Log.Ids);
    }

    [Fact]
    public async Task WrongPassword_IsARefusal_AndIsNotTriedAgain()
    {
        UseFile("wrong");
        _stubbed!.Registry.Answers(() => Answers.Of(401, """{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"""));

        var failure = (await _stubbed.Client.PingAsync(Cancel))!;

        Assert.Equal((FetchError.Refused, 401), (failure.Error, failure.Status));
        Assert.Contains("UNAUTHORIZED: authentication required", failure.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", failure.Reason + _stubbed.Log.Text, StringComparison.Ordinal);
        Assert.Single(_stubbed.Registry.Asked);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    public async Task OtherRefusals_AreNotAboutThePassword(int status)
    {
        UseFile("old");
        _stubbed!.Registry.Answers(() => Answers.Of(status));
        File.WriteAllText(_file, "new");

        Assert.Equal(FetchError.Refused, (await _stubbed.Client.PingAsync(Cancel))!.Error);
        Assert.Single(_stubbed.Registry.Asked);
    }

    [Fact]
    public async Task PasswordOfAVariable_IsShown()
    {
        Environment.SetEnvironmentVariable(Variable, "secret");
        Use(new RegistryAuthOptions { Kind = RegistryAuthKind.Basic, User = "ci", PasswordVariable = Variable });
        _stubbed!.Registry.Answers(() => Answers.Of(200));

        Assert.Null(await _stubbed.Client.PingAsync(Cancel));
        Assert.Equal(["ci:secret"], Shown);
        Environment.SetEnvironmentVariable(Variable, null);
    }

    [Theory]
    [InlineData("/nowhere/password", null, "the password file /nowhere/password cannot be read: ")]
    [InlineData("/", null, "the password file / cannot be read: ")]
    [InlineData("/dev/null", null, "the password file /dev/null is empty.")]
    [InlineData(null, "FAST_ECR_PROXY_NO_SUCH_VARIABLE", "the environment variable FAST_ECR_PROXY_NO_SUCH_VARIABLE is not set.")]
    public async Task PasswordThatIsNotThere_IsSaid_AndTheRegistryIsNotAsked(string? file, string? variable, string reason)
    {
        Use(new RegistryAuthOptions { Kind = RegistryAuthKind.Basic, User = "ci", PasswordFile = file, PasswordVariable = variable });

        var failure = (await _stubbed!.Client.PingAsync(Cancel))!;

        Assert.Equal(FetchError.Unreachable, failure.Error);
        Assert.StartsWith("There is no password for user ci: " + reason, failure.Reason, StringComparison.Ordinal);
        Assert.Empty(_stubbed.Registry.Asked);
    }

    [Fact]
    public async Task HugeFile_IsNoPassword()
    {
        UseFile(new string('x', 100_000));

        Assert.Contains("too large", (await _stubbed!.Client.PingAsync(Cancel))!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RegistryThatTakesTokensOnly_IsSaidToDoSo()
    {
        UseFile("secret");
        _stubbed!.Registry.Answers(() => Answers.Of(401).With("WWW-Authenticate", "Bearer realm=\"https://registry.example/token\""));

        var failure = (await _stubbed.Client.PingAsync(Cancel))!;

        Assert.Equal((FetchError.Refused, 401), (failure.Error, failure.Status));
        Assert.Contains("set Auth to bearer", failure.Reason, StringComparison.Ordinal);
    }

    private void UseFile(string content)
    {
        File.WriteAllText(_file, content);
        Use(new RegistryAuthOptions { Kind = RegistryAuthKind.Basic, User = "ci", PasswordFile = _file });
    }

    private void Use(RegistryAuthOptions auth) =>
        _stubbed = new StubbedRegistry(new UpstreamOptions { Endpoint = new Uri("https://registry.example"), Auth = auth });
}
