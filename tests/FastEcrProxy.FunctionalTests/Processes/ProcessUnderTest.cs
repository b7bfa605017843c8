using System.Text.Json.Nodes;
using FastEcrProxy.FunctionalTests.Cli;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Processes;

/// <summary>A local ECR in this process, and the executable in front of it with a configuration file and a cache directory.</summary>
internal sealed class ProcessUnderTest : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fep-process-");

    private readonly Executable _executable;

    private ProcessUnderTest(Executable executable, LocalEcrServer ecr) => (_executable, Ecr) = (executable, ecr);

    public LocalEcrServer Ecr { get; }

    public LocalRegion Region => Ecr.Main;

    public string CacheDirectory => PathOf("cache");

    public string ConfigFile => PathOf("config.json");

    /// <summary>Starts the local ECR and writes the configuration.</summary>
    public static async Task<ProcessUnderTest> CreateAsync(
        Executable executable, Action<JsonObject>? adjust = null, LocalEcrOptions? local = null)
    {
        var ecr = await LocalEcrServer.StartAsync(local, TestContext.Current.CancellationToken);
        var test = new ProcessUnderTest(executable, ecr);
        var config = new JsonObject
        {
            ["Upstream"] = new JsonObject
            {
                ["Host"] = test.Region.EcrHost,
                ["Endpoint"] = test.Region.Registry.ToString(),
                ["AllowedRedirectHosts"] = new JsonArray(test.Region.Layers.Authority),
            },
            ["Aws"] = new JsonObject { ["ControlPlane"] = test.Region.ControlPlane.ToString() },
            ["Listen"] = new JsonObject { ["Address"] = "127.0.0.1:0" },
            ["Admin"] = new JsonObject { ["Address"] = "127.0.0.1:0" },
            ["Cache"] = new JsonObject { ["Directory"] = test.CacheDirectory, ["Size"] = "1GiB", ["FreeSpace"] = "16MiB" },
        };
        adjust?.Invoke(config);
        await File.WriteAllTextAsync(test.ConfigFile, config.ToJsonString(), TestContext.Current.CancellationToken);
        return test;
    }

    /// <summary>A file or directory that goes with the test.</summary>
    public string PathOf(string name) => Path.Combine(_directory.FullName, name);

    public Task<ProxyProcess> ServeAsync(params string[] flags) => ServeAsync([], ["--config", ConfigFile, .. flags]);

    /// <summary>Without the configuration file, unless a flag names it.</summary>
    public Task<ProxyProcess> ServeAsync(Dictionary<string, string> environment, params string[] flags) =>
        ProxyProcess.StartAsync(_executable, WithKeys(environment), ["serve", .. flags]);

    /// <summary>A run that is expected to end by itself.</summary>
    public Task<CliRun> RunAsync(string verb, params string[] flags) =>
        CliRun.RunAsync(_executable, WithKeys([]), [verb, "--config", ConfigFile, .. flags]);

    /// <summary>A run that is told to stop, as by Ctrl-C, in its middle.</summary>
    public Task<CliRun> InterruptAsync(Func<Task> isInTheMiddle, string verb, params string[] flags) =>
        CliRun.InterruptAsync(_executable, WithKeys([]), isInTheMiddle, [verb, "--config", ConfigFile, .. flags]);

    public async ValueTask DisposeAsync()
    {
        await Ecr.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private Dictionary<string, string> WithKeys(Dictionary<string, string> environment) => new(environment)
    {
        ["AWS_ACCESS_KEY_ID"] = Region.AccessKeyId,
        ["AWS_SECRET_ACCESS_KEY"] = Region.SecretAccessKey,
    };
}
