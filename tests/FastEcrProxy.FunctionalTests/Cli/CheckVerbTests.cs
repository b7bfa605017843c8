using FastEcrProxy.FunctionalTests.Processes;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Cli;

/// <summary><c>check</c> against the local stand-in: what it finds out, and whether it says so when something is wrong.</summary>
public class CheckVerbTests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fep-check-");
    private LocalEcrServer _ecr = null!;

    private protected virtual Executable Executable => Executable.Built;

    public async ValueTask InitializeAsync() =>
        _ecr = await LocalEcrServer.StartAsync(cancel: TestContext.Current.CancellationToken);

    [Fact]
    public async Task AllIsWell_ExitsWithZeroAndSaysHow()
    {
        var run = await CheckAsync(Environment());

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Errors);
        Assert.All(run.OutputLines, line => Assert.StartsWith("ok    ", line, StringComparison.Ordinal));
        Assert.Contains("Cache.Size = 16MiB (from --cache-size): ", run.Output, StringComparison.Ordinal);
        Assert.Contains("AWS credentials: environment variables", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"ECR token: good until \d{4}-\d\d-\d\d .*, for 11h59m", run.Output);
        Assert.Contains($"registry: {_ecr.Main.Registry.Authority} answers", run.Output, StringComparison.Ordinal);
        Assert.Contains($"{_directory.FullName}/cache is writable", run.Output, StringComparison.Ordinal);
        Assert.Contains("has room to grow to its Cache.Size (16MiB)", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(_ecr.Options.SecretAccessKey, run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Basic ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoCredentials_AreSaidAndTheDiskIsStillLookedAt()
    {
        var environment = Environment();
        environment.Remove("AWS_ACCESS_KEY_ID");

        var run = await CheckAsync(environment);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("AWS credentials: ", Assert.Single(Failures(run)), StringComparison.Ordinal);
        Assert.Contains($"registry: {_ecr.Main.Registry.Authority} answers", run.Output, StringComparison.Ordinal);
        Assert.Contains("is writable", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongKey_FailsAtTheToken()
    {
        var environment = Environment();
        environment["AWS_SECRET_ACCESS_KEY"] = "wrong-secret-0123456789";

        var run = await CheckAsync(environment);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("ECR token: ", Assert.Single(Failures(run)), StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-secret", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RegistryThatIsDown_FailsAtTheRegistry()
    {
        var environment = Environment();
        environment["FEP_Upstream__Endpoint"] = "http://127.0.0.1:1";

        var run = await CheckAsync(environment);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("registry: ", Assert.Single(Failures(run)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoCredentialsAndARegistryThatIsDown_AreBothSaid()
    {
        var environment = Environment();
        environment.Remove("AWS_ACCESS_KEY_ID");
        environment["FEP_Upstream__Endpoint"] = "http://127.0.0.1:1";

        var failures = Failures(await CheckAsync(environment));

        Assert.Equal(2, failures.Length);
        Assert.Contains("AWS credentials: ", failures[0], StringComparison.Ordinal);
        Assert.Contains("registry: 127.0.0.1:1 refuses", failures[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rules_HaveALineEachAndTheirRegistriesAreAsked()
    {
        var environment = Environment();
        environment.Remove("FEP_Upstream__Host");
        environment.Remove("FEP_Upstream__Endpoint");
        var (host, endpoint) = (_ecr.Main.EcrHost, _ecr.Main.Registry.GetLeftPart(UriPartial.Authority));
        environment["FEP_Upstreams__0__Name"] = "apps";
        environment["FEP_Upstreams__0__Registries__0__Host"] = host;
        environment["FEP_Upstreams__0__Registries__0__Endpoint"] = endpoint;
        environment["FEP_Upstreams__1__Name"] = "edge";
        environment["FEP_Upstreams__1__Match__Prefix"] = "team";
        environment["FEP_Upstreams__1__Registries__0__Name"] = "regional";
        environment["FEP_Upstreams__1__Registries__0__Endpoint"] = "http://127.0.0.1:1";

        var run = await CheckAsync(environment);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(
            $"rule apps: every request -> {_ecr.Main.Name} ({host} at {endpoint}, ECR token); no pushes",
            run.Output,
            StringComparison.Ordinal);
        Assert.Contains("rule edge: team/… -> regional (http://127.0.0.1:1, anonymous); no pushes", run.Output, StringComparison.Ordinal);
        Assert.Contains($"{_ecr.Main.Name}: registry: {_ecr.Main.Registry.Authority} answers", run.Output, StringComparison.Ordinal);
        Assert.Contains("regional: registry: 127.0.0.1:1 refuses", Assert.Single(Failures(run)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DirectoryThatCannotBe_FailsAtTheDisk()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "cache"), "", TestContext.Current.CancellationToken);

        var run = await CheckAsync(Environment());

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Cache.Directory = ", Assert.Single(Failures(run)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SizeThatTheDiskDoesNotHave_Fails()
    {
        var run = await CheckAsync(Environment(), "1000000TiB");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("less than its Cache.Size (1000000TiB)", Assert.Single(Failures(run)), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _ecr.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private static string[] Failures(CliRun run) =>
        [.. run.OutputLines.Where(line => line.StartsWith("FAIL  ", StringComparison.Ordinal))];

    private Task<CliRun> CheckAsync(Dictionary<string, string> environment, string size = "16MiB") =>
        CliRun.RunAsync(
            Executable, environment, "check", "--cache-dir", Path.Combine(_directory.FullName, "cache"), "--cache-size", size);

    private Dictionary<string, string> Environment() => new()
    {
        ["AWS_ACCESS_KEY_ID"] = _ecr.Options.AccessKeyId,
        ["AWS_SECRET_ACCESS_KEY"] = _ecr.Options.SecretAccessKey,
        ["FEP_Upstream__Host"] = _ecr.Main.EcrHost,
        ["FEP_Upstream__Endpoint"] = _ecr.Main.Registry.ToString(),
        ["FEP_Aws__ControlPlane"] = _ecr.Main.ControlPlane.ToString(),
        ["FEP_Cache__FreeSpace"] = "0",
    };
}
