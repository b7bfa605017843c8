using System.CommandLine;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Server;

namespace FastEcrProxy.Cli;

/// <summary><c>fast-ecr-proxy demo</c>: the main job on this machine alone, with a local stand-in for ECR.</summary>
internal static class DemoVerb
{
    public const string More =
        """
        Examples:
          fast-ecr-proxy demo              shows two pulls of an image, then stays up for your own
          fast-ecr-proxy demo --once       ends after the table; exit code 0 if both pulls were right

        Needs no AWS account, no root and no network: ECR, S3 and the AWS API are played by this process, on loopback.
        The cache is a temporary directory that goes when the demo ends.

        """;

    private const string Repository = "demo/hello";
    private const string WarmUpRepository = "demo/warm-up";
    private const string Tag = "latest";
    private const int LayerBytes = 8 << 20; // big enough to be a layer, small enough for the slowest laptop

    public static Command Create()
    {
        var once = new Option<bool>("--once") { Description = "End after the table." };
        var listen = new Option<string?>("--listen")
        {
            HelpName = "ADDR:PORT",
            Description = "Where to serve pulls. Default: 127.0.0.1:5000, or a free port if that is taken.",
        };
        const string Short = "Show the proxy at work, on this machine alone: no AWS account, no root, no network.";
        var verb = new Command("demo", Short) { once, listen };
        verb.SetAction((parsed, _) => RunAsync(parsed.GetValue(once), parsed.GetValue(listen)));
        return verb;
    }

    private static async Task<int> RunAsync(bool once, string? listen)
    {
        using var stop = new StopSignals();
        try
        {
            return await ServeAsync(once, listen, stop);
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }
        catch (Exception error) when (error is HttpRequestException or InvalidDataException or IOException or StartException)
        {
            await Console.Error.WriteLineAsync("The demo failed: " + error.Message);
            return ExitCode.NotWell;
        }
    }

    private static async Task<int> ServeAsync(bool once, string? listen, StopSignals stop)
    {
        if (MakeDirectory() is not { } directory)
        {
            return ExitCode.BadConfiguration;
        }

        try
        {
            await using var ecr = await LocalEcrServer.StartAsync(cancel: stop.Token);
            SampleImage.Build(LayerBytes).PutInto(ecr.Main.Content, Repository, Tag);
            SampleImage.Build().PutInto(ecr.Main.Content, WarmUpRepository, Tag);
            var (settings, errors) = DemoSettings.Read(ecr.Main, directory.FullName, listen);
            return settings is null
                ? ConfigurationErrors.Report(errors)
                : await ProxyHost.RunAsync(settings, stop.Token, proxy => ShowAsync(proxy, ecr.Main, once, stop));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>Null where there is no place for it, which has been said then.</summary>
    private static DirectoryInfo? MakeDirectory()
    {
        try
        {
            return Directory.CreateTempSubdirectory("fast-ecr-proxy-demo-");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(
                $"The demo keeps its cache in a temporary directory, and none can be made under {Path.GetTempPath()}: {failure.Message} "
                + "Name a directory that may be written to in TMPDIR; in a container, give it --tmpfs /tmp.");
            return null;
        }
    }

    private static async Task ShowAsync(ProxyServer proxy, LocalRegion region, bool once, StopSignals stop)
    {
        var registry = $"127.0.0.1:{proxy.DataAddress.Port}";
        await DemoTable.WarmUpAsync($"http://{registry}/v2/{WarmUpRepository}", Tag, stop.Token);
        await DemoTable.ShowAsync($"http://{registry}/v2/{Repository}", Tag, region, stop.Token);
        if (once)
        {
            await stop.StopAsync();
            return;
        }

        Console.WriteLine(
            $"""

            The proxy is up, in front of a stand-in for {region.EcrHost}. Now yours:

                docker pull {registry}/{Repository}:{Tag}

            Readiness and metrics: http://127.0.0.1:{proxy.AdminAddress.Port}/   Ctrl-C ends it.

            """);
    }
}
