namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>An htpasswd file of a test's own.</summary>
internal sealed class PasswordFile : IAsyncDisposable
{
    private const int Cost = 4; // the least that bcrypt knows: these tests are not about what a check costs

    private readonly string _directory = Directory.CreateTempSubdirectory("fep-").FullName;

    public PasswordFile(params IEnumerable<(string User, string Password)> users)
    {
        Path = System.IO.Path.Combine(_directory, "users");
        File.WriteAllLines(Path, users.Select(user => $"{user.User}:{BCrypt.Net.BCrypt.HashPassword(user.Password, Cost)}"));
    }

    public string Path { get; }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}
