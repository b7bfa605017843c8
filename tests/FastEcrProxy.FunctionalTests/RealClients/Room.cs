using System.Diagnostics;
using System.Text;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>
/// A directory and an environment for one client or server and, for those that mount and fork, namespaces: when the room
/// goes, processes, mounts and files go with it.
/// </summary>
internal sealed class Room : IAsyncDisposable
{
    /// <summary>Process and mount namespaces, of which the kernel leaves nothing when their first process is killed.</summary>
    public static readonly string[] Isolation = ["--pid", "--mount", "--fork", "--kill-child", "--mount-proc", "--"];

    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(2);

    private readonly bool _isolated;
    private readonly List<RunningServer> _servers = [];
    private readonly Lock _gate = new();
    private readonly StringBuilder _story = new();

    public Room(bool isolated)
    {
        _isolated = isolated;
        Directory = System.IO.Directory.CreateTempSubdirectory("fep-").FullName;
        Environment = new()
        {
            ["PATH"] = Tools.SearchPath,
            ["HOME"] = Folder("home"),
            ["TMPDIR"] = Folder("tmp"),
            ["XDG_RUNTIME_DIR"] = Folder("xdg"),
            ["LANG"] = "C",
        };
    }

    public string Directory { get; }

    /// <summary>All that programs in here get; nothing of the machine's own environment, proxies and certificates above all.</summary>
    public Dictionary<string, string> Environment { get; }

    /// <summary>What was run in here with its output, and the ends of the servers' logs.</summary>
    public string Story
    {
        get
        {
            lock (_gate)
            {
                return _story.ToString() + string.Concat(_servers.Select(server => $"--- log of {server.Name}\n{server.LogTail}\n"));
            }
        }
    }

    public string File(string name) => Path.Combine(Directory, name);

    public string File(string name, string text)
    {
        var path = File(name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    public string Folder(string name) => System.IO.Directory.CreateDirectory(File(name)).FullName;

    /// <summary>Runs a program to its end.</summary>
    public Task<ProgramRun> RunAsync(string program, params string[] arguments) => RunWithAsync("", program, arguments);

    /// <summary>Runs a program to its end, and gives it something to read, as a password that belongs into no list of processes.</summary>
    public async Task<ProgramRun> RunWithAsync(string input, string program, params string[] arguments)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(LongestRun);
        using var process = Process.Start(StartInfo(program, arguments))!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await GiveAsync(process, input);
            await process.WaitForExitAsync(limit.Token);
            var run = new ProgramRun($"{program} {string.Join(' ', arguments)}", process.ExitCode, await output, await errors);
            Tell(run.ToString());
            return run;
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{program} {string.Join(' ', arguments)}: no end after {LongestRun}.");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Starts a program that runs until the room goes, or until it is killed.</summary>
    public RunningServer Start(string program, params string[] arguments)
    {
        var server = new RunningServer(program, Process.Start(StartInfo(program, arguments))!);
        lock (_gate)
        {
            _servers.Add(server);
        }

        return server;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static async Task GiveAsync(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It did not want to read that, and has ended: its exit code says the rest.
        }
    }

    private void Tell(string text)
    {
        lock (_gate)
        {
            _story.AppendLine(text);
        }
    }

    private ProcessStartInfo StartInfo(string program, string[] arguments)
    {
        // The shell stays and takes in orphans: podman waits for the end of one, and not every machine's first process does.
        var start = _isolated
            ? new ProcessStartInfo(
                Tools.PathOf("unshare"), [.. Isolation, "sh", "-c", "\"$@\"; exit $?", "sh", Tools.PathOf(program), .. arguments])
            : new ProcessStartInfo(Tools.PathOf(program), arguments);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        start.WorkingDirectory = Directory;
        start.Environment.Clear();
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
