using System.CommandLine;
using FastEcrProxy.Server;

namespace FastEcrProxy.Cli;

/// <summary><c>fast-ecr-proxy warm</c>: fills the cache of a running proxy, or a cache directory, before anybody pulls.</summary>
internal sealed class WarmVerb
{
    public const string More =
        """
        Examples:
          fast-ecr-proxy warm registry.example.com/team/app:1.2 team/base@sha256:…
              Pulls both through the proxy on this machine, for the platform of this machine.
          fast-ecr-proxy warm --proxy https://registry.example.com --platform linux/amd64 --platform linux/arm64 --file images.txt
              What the file lists, a name a line, through a proxy elsewhere; user and password may stand before the host.
          fast-ecr-proxy warm --proxy https://ci@registry.example.com --password-file /run/secrets/ci --ns docker.io library/nginx
              With the password in a file, and as containerd asks a mirror of docker.io: for rules by Namespaces.
          fast-ecr-proxy warm --cache-dir /var/cache/fast-ecr-proxy --upstream 123456789012.dkr.ecr.eu-west-1.amazonaws.com team/app
              Straight into the directory, while no proxy uses it: for the image of a machine, say.

        A name is written as for docker; without a tag it is 'latest'. Its host is what the proxy is told that it is called.
        What the cache has was verified when it was stored, and is not read again: --verify reads and hashes all of it.
        Stopped, by Ctrl-C or a broken line, it goes on where it was: run it again.
        With --cache-dir every setting of 'serve' counts: environment, --config, AWS credentials.

        Exit code 0: all of it is in the cache. 1: something is not, each image with a sentence. 2: bad configuration, or the
        directory is a running proxy's. 64: the command line is wrong.

        """;

    public const string Name = "warm";

    private const string DefaultProxy = "http://127.0.0.1:5000";
    private const string StandardInput = "-";

    private readonly Argument<string[]> _images = new("IMAGE")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "What to have in the cache: registry.example.com/team/app:1.2, team/app@sha256:…",
    };

    private readonly Option<string?> _file = new("--file")
    {
        HelpName = "LIST", Description = "File with images, one a line; # begins a remark. - reads standard input.",
    };

    private readonly Option<string[]> _platforms = new("--platform")
    {
        HelpName = "OS/ARCH", Description = "Which of an image for several platforms; may be given several times. Default: this machine's.",
    };

    private readonly Option<bool> _allPlatforms = new("--all-platforms") { Description = "All that an image is made for." };

    private readonly Option<string?> _proxy = new("--proxy")
    {
        HelpName = "URL", Description = $"The running proxy whose cache is filled. Default: {DefaultProxy}.",
    };

    private readonly Option<string?> _passwordFile = new("--password-file")
    {
        HelpName = "FILE", Description = "File with the password of the user in --proxy, which need not be there then.",
    };

    private readonly Option<string?> _ns = new("--ns")
    {
        HelpName = "REGISTRY", Description = "Ask as containerd asks a mirror of that registry, as docker.io.",
    };

    private readonly Option<int> _parallel = new("--parallel")
    {
        HelpName = "N", Description = "How many layers are fetched at the same time.", DefaultValueFactory = _ => new WarmOptions().AtATime,
    };

    private readonly Option<bool> _verify = new("--verify") { Description = "Read and hash what is in the cache already, too." };

    private readonly SettingsFlags _flags;

    private WarmVerb(Command verb)
    {
        verb.Arguments.Add(_images);
        foreach (var option in (Option[])[_file, _platforms, _allPlatforms, _proxy, _passwordFile, _ns, _parallel, _verify])
        {
            verb.Options.Add(option);
        }

        _flags = new SettingsFlags(
            verb, [SettingTable.CacheDirectory, SettingTable.CacheSize, SettingTable.UpstreamHost, SettingTable.CaFile]);
        verb.SetAction((parsed, _) => RunAsync(parsed));
    }

    public static Command Create()
    {
        var verb = new Command(Name, "Fill the cache of a running proxy, or a cache directory, with images before they are pulled.");
        _ = new WarmVerb(verb);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var (listed, unreadable) = await ReadListAsync(parsed.GetValue(_file));
        var named = (parsed.GetValue(_images) ?? []).Where(static image => !image.StartsWith('-'));
        var (plan, problems) = WarmPlan.Read(new WarmOptions
        {
            Images = [.. named, .. listed],
            Platforms = parsed.GetValue(_platforms) ?? [],
            AllPlatforms = parsed.GetValue(_allPlatforms),
            Namespace = parsed.GetValue(_ns),
            AtATime = parsed.GetValue(_parallel),
            Rereads = parsed.GetValue(_verify),
        });
        var input = _flags.Read(parsed);
        problems = unreadable is null ? [.. Contradictions(parsed, input), .. problems] : [unreadable];
        if (problems.Count > 0)
        {
            return Refuse(problems);
        }

        var (target, code) = Open(parsed, input, plan!.Namespace);
        if (target is null)
        {
            return code;
        }

        await using (target)
        {
            using var run = new WarmRun(plan, target, TimeProvider.System);
            return await ShowAsync(run);
        }
    }

    private async Task<(IReadOnlyList<string> Images, string? Problem)> ReadListAsync(string? file)
    {
        if (file is null)
        {
            return ([], null);
        }

        try
        {
            var text = file == StandardInput ? await Console.In.ReadToEndAsync() : await File.ReadAllTextAsync(file);
            return ([.. text.Split('\n').Select(static line => line.Split('#')[0].Trim()).Where(static line => line.Length > 0)], null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return ([], $"--file {file} cannot be read: {failure.Message}");
        }
    }

    private IEnumerable<string> Contradictions(ParseResult parsed, SettingsInput input)
    {
        foreach (var image in (parsed.GetValue(_images) ?? []).Where(static image => image.StartsWith('-')))
        {
            yield return Program.Unknown(image, parsed.CommandResult.Command); // the parser takes it for a name
        }

        var isDirectory = input.Flags.ContainsKey(SettingTable.CacheDirectory.Key);
        if (isDirectory && parsed.GetValue(_proxy) is not null)
        {
            yield return "--proxy and --cache-dir exclude each other: a running proxy is filled through itself.";
        }

        if (isDirectory && parsed.GetValue(_passwordFile) is not null)
        {
            yield return "--password-file goes with --proxy: a directory has no password.";
        }

        var needsDirectory = input.ConfigFile is not null
            || input.Flags.ContainsKey(SettingTable.UpstreamHost.Key) || input.Flags.ContainsKey(SettingTable.CacheSize.Key);
        if (needsDirectory && !isDirectory)
        {
            yield return "--config, --upstream and --cache-size go with --cache-dir: a running proxy has its own.";
        }
    }

    /// <summary>What is to be filled; where it cannot be, why has been said, and the code says how bad that is.</summary>
    private (IWarmTarget? Target, int Code) Open(ParseResult parsed, SettingsInput input, string? ns)
    {
        if (!input.Flags.ContainsKey(SettingTable.CacheDirectory.Key))
        {
            var (certificates, problem) = SettingsReader.ReadCertificates(input);
            if (problem is not null)
            {
                return (null, ConfigurationErrors.Report([problem]));
            }

            var (proxy, wrong) = WarmThroughProxy.Create(
                parsed.GetValue(_proxy) ?? DefaultProxy, parsed.GetValue(_passwordFile), ns, certificates, TimeProvider.System);
            return proxy is null ? (null, Refuse([wrong!])) : (proxy, ExitCode.Ok);
        }

        var result = SettingsReader.Read(input);
        if (result.Settings is null)
        {
            return (null, ConfigurationErrors.Report(result.Errors));
        }

        foreach (var notice in result.Settings.Notices)
        {
            Console.Error.WriteLine(notice);
        }

        var (directory, locked) = WarmDirectory.Open(result.Settings, ns, TimeProvider.System);
        if (directory is null)
        {
            Console.Error.WriteLine(locked);
        }

        return (directory, ExitCode.BadConfiguration);
    }

    private static async Task<int> ShowAsync(WarmRun run)
    {
        using var stop = new StopSignals();
        WarmSummary summary;
        var isStopped = false;
        var began = TimeProvider.System.GetTimestamp();
        try
        {
            summary = await WarmDisplay.ShowAsync(run, stop.Token);
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            isStopped = true;
            summary = run.Summary(TimeProvider.System.GetElapsedTime(began));
        }

        foreach (var failure in summary.Failures)
        {
            await Console.Error.WriteLineAsync(failure);
        }

        if (isStopped)
        {
            await Console.Error.WriteLineAsync("Stopped. Run it again: it goes on where it was.");
        }

        Console.WriteLine(summary);
        return summary.Failures.Count == 0 && !isStopped ? ExitCode.Ok : ExitCode.NotWell;
    }

    private static int Refuse(IReadOnlyList<string> problems)
    {
        foreach (var problem in problems)
        {
            Console.Error.WriteLine(problem);
        }

        Console.Error.WriteLine("See: fast-ecr-proxy warm --help");
        return ExitCode.Usage;
    }
}
