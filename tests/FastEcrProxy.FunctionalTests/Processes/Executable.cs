using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using FastEcrProxy.FunctionalTests.RealClients;

namespace FastEcrProxy.FunctionalTests.Processes;

/// <summary>The executable in one of its two shapes: as every build makes it, and native, as it ships.</summary>
internal sealed class Executable
{
    private const string Name = "fast-ecr-proxy";
    private const string PathVariable = "FEP_BINARY"; // an executable that is there already

    private readonly string[] _leadingArguments;

    private Executable(string fileName, params string[] leadingArguments) =>
        (FileName, _leadingArguments) = (fileName, leadingArguments);

    public static string RepositoryRoot { get; } = typeof(Executable).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <summary>Run by the dotnet that runs this test: beside its shared framework, wherever that is installed.</summary>
    public static Executable Built { get; } = new(
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet")),
        Path.Combine(AppContext.BaseDirectory, $"{Name}.dll"));

    /// <summary>Native. Where none was published, or none of this code, the test that asks is skipped.</summary>
    public static Executable Published
    {
        get
        {
            if (Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } given)
            {
                Assert.True(File.Exists(given), $"{PathVariable} is {given}, and there is no such file.");
                return new Executable(given);
            }

            var path = Path.Combine(RepositoryRoot, "artifacts", "publish", Name);
            if (!File.Exists(path))
            {
                Tools.Skip($"there is no {path}; tests/run.sh publishes it where clang or gcc is installed");
            }

            // Made of the library, so it is the newer of the two; copies keep the time.
            var library = Path.Combine(AppContext.BaseDirectory, "FastEcrProxy.dll");
            if (File.GetLastWriteTimeUtc(path) < File.GetLastWriteTimeUtc(library))
            {
                Tools.Skip($"{path} is older than the code; publish again, as tests/run.sh does");
            }

            return new Executable(path);
        }
    }

    public string FileName { get; }

    /// <summary>With an environment of its own: what this machine has set, AWS credentials above all, stays out.</summary>
    public Process Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(FileName, [.. _leadingArguments, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["HOME"] = Path.Combine(Path.GetTempPath(), "fep-no-home"); // no ~/.aws
        start.Environment["AWS_EC2_METADATA_DISABLED"] = "true";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
