using System.Text;

namespace FastEcrProxy.Upstream;

/// <summary>
/// The operator's password for a registry: spelled out, in an environment variable, or in a file that something else may write
/// anew while the proxy runs, as Kubernetes does with a secret.
/// </summary>
internal sealed class PasswordSource(RegistryAuthOptions options, TimeProvider time)
{
    private const int FileBytesMax = 64 << 10; // as long as a header may be; a disk image given by mistake is longer

    // Reading a file of some bytes costs less than a request. What has changed is seen by its content: a secret of Kubernetes is
    // a link to a link, whose own date stays.
    private static readonly TimeSpan ReadEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private (string? Password, string? Problem) _read;
    private long? _readAt;

    /// <summary>The password, or one sentence on why there is none.</summary>
    /// <param name="anew">Whether a file is read even if it was a moment ago: what was in it has been refused.</param>
    public (string? Password, string? Problem) Read(bool anew)
    {
        if (options.Password is { } password)
        {
            return (password, null);
        }

        if (options.PasswordVariable is { } variable)
        {
            return Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
                ? (value, null)
                : (null, $"the environment variable {variable} is not set");
        }

        if (options.PasswordFile is not { } path)
        {
            return (null, "no password is configured");
        }

        lock (_gate)
        {
            if (anew || _readAt is not { } at || time.GetElapsedTime(at) >= ReadEvery)
            {
                _read = ReadFile(path);
                _readAt = time.GetTimestamp();
            }

            return _read;
        }
    }

    private static (string? Password, string? Problem) ReadFile(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var buffer = new byte[FileBytesMax + 1];
            var length = RandomAccess.Read(file, buffer, 0);
            if (length > FileBytesMax)
            {
                return (null, $"the password file {path} is too large to be one");
            }

            var password = LineIn(Encoding.UTF8.GetString(buffer.AsSpan(0, length)));
            return password.Length > 0 ? (password, null) : (null, $"the password file {path} is empty");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return (null, $"the password file {path} cannot be read: {error.Message.TrimEnd('.')}");
        }
    }

    /// <summary>Without the line end that editors and <c>echo</c> leave.</summary>
    private static string LineIn(string text)
    {
        text = text.EndsWith('\n') ? text[..^1] : text;
        return text.EndsWith('\r') ? text[..^1] : text;
    }
}
