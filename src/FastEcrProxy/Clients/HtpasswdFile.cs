using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Clients;

/// <summary>An htpasswd file that somebody else may write anew while the proxy runs. A bad one leaves the users as they were.</summary>
internal sealed partial class HtpasswdFile(string path, TimeProvider time, ILogger logger)
{
    private const int BytesMax = 4 << 20; // tens of thousands of users

    // What has changed is seen by its content: a secret of Kubernetes is a link to a link, whose own date stays.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private string? _text;
    private string? _lastProblem;
    private long? _lookedAt; // null before the first time

    /// <summary>The users as of a moment ago; null as long as nobody has looked, or found any.</summary>
    public HtpasswdUsers? Users { get; private set; }

    /// <summary>Looks whether it has changed, if the last look is a while ago.</summary>
    /// <returns>Whether other users are there now.</returns>
    public bool Refresh()
    {
        lock (_gate)
        {
            if (_lookedAt is { } at && time.GetElapsedTime(at) < LookEvery)
            {
                return false;
            }

            _lookedAt = time.GetTimestamp();
            var before = Users;
            var problem = Read();
            if (problem is not null && problem != _lastProblem)
            {
                Log.Kept(logger, path, problem);
            }
            else if (before is not null && Users != before)
            {
                Log.Changed(logger, path);
            }

            _lastProblem = problem;
            return Users != before;
        }
    }

    private string? Read()
    {
        try
        {
            var text = new FileInfo(path).Length > BytesMax ? null : File.ReadAllText(path);
            if (text is null)
            {
                return "the file is too large to be one of users";
            }

            if (text == _text)
            {
                return null;
            }

            var (users, problem) = HtpasswdUsers.Parse(text);
            (Users, _text) = users is null ? (Users, _text) : (users, text);
            return problem;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"the file cannot be read: {error.Message.TrimEnd('.')}";
        }
    }

    private static partial class Log
    {
        [LoggerMessage(8000, LogLevel.Warning, "{Path} cannot be used: {Problem}; who may come in stays as it was")]
        public static partial void Kept(ILogger logger, string path, string problem);

        [LoggerMessage(8001, LogLevel.Information, "{Path} has changed: its users are those who may come in now")]
        public static partial void Changed(ILogger logger, string path);
    }
}
