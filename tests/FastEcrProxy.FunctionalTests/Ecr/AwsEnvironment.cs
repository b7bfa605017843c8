using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace FastEcrProxy.FunctionalTests.Ecr;

/// <summary>Tests in here change the environment of the process, so nothing else may run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AwsEnvironmentCollection
{
    public const string Name = "AWS environment";
}

/// <summary>A machine without AWS credentials, but for those that a test gives it. Disposing takes them away again.</summary>
internal sealed class AwsEnvironment : IDisposable
{
    // One folder for all: the SDK reads the names of the files once in the life of a process.
    private static readonly string Folder = Directory.CreateTempSubdirectory("fast-ecr-proxy-aws-").FullName;

    private readonly Dictionary<string, string?> _before = [];

    /// <summary>A variable of the environment; null removes it.</summary>
    public string? this[string variable]
    {
        set
        {
            _before.TryAdd(variable, Environment.GetEnvironmentVariable(variable));
            Environment.SetEnvironmentVariable(variable, value);
            HaveTheSdkLookAgain();
        }
    }

    /// <summary>
    /// No test of this process may find the keys of the person who runs it, or ask the machine's proxy for the outside, which
    /// has its own words for a name that is nobody's.
    /// </summary>
    [ModuleInitializer]
    internal static void ForgetTheDevelopersOwn()
    {
        foreach (var name in Environment.GetEnvironmentVariables().Keys.Cast<string>())
        {
            if (name.StartsWith("AWS_", StringComparison.Ordinal) || name.EndsWith("_PROXY", StringComparison.OrdinalIgnoreCase))
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }

        Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", File("credentials", ""));
        Environment.SetEnvironmentVariable("AWS_CONFIG_FILE", File("config", ""));
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Writes a file that lives as long as this, and gives its path.</summary>
    public static string File(string name, string content)
    {
        var path = Path.Combine(Folder, name);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    public void Dispose()
    {
        foreach (var (variable, value) in _before)
        {
            Environment.SetEnvironmentVariable(variable, value);
        }

        foreach (var file in Directory.EnumerateFiles(Folder))
        {
            System.IO.File.WriteAllText(file, "");
        }

        HaveTheSdkLookAgain();
    }

    /// <summary>The SDK reads the Region and the address of the instance's metadata once, and again at these calls.</summary>
    private static void HaveTheSdkLookAgain()
    {
        FallbackRegionFactory.Reset();
        FallbackInternalConfigurationFactory.Reset();
    }
}
