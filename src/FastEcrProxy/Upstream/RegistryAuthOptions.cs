using System.Text;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Upstream;

/// <summary>As whom a registry is asked, and how that is proved.</summary>
internal sealed record RegistryAuthOptions
{
    public static RegistryAuthOptions Ecr { get; } = new() { Kind = RegistryAuthKind.Ecr };

    public static RegistryAuthOptions None { get; } = new() { Kind = RegistryAuthKind.None };

    public required RegistryAuthKind Kind { get; init; }

    /// <summary>For <see cref="RegistryAuthKind.Basic"/>, and for <see cref="RegistryAuthKind.Bearer"/> unless anonymous.</summary>
    public string? User { get; init; }

    /// <summary>The password itself: a secret. At most one of this and the next two is given.</summary>
    public string? Password { get; init; }

    /// <summary>A file with the password in it, read anew when it has changed. One line end after it is not part of it.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>The name of the environment variable that has the password.</summary>
    public string? PasswordVariable { get; init; }

    /// <summary>
    /// Hosts (with port, where it is not the scheme's own) that <see cref="RegistryAuthKind.Bearer"/> may ask for tokens besides
    /// the registry itself: <c>auth.docker.io</c> for Docker Hub. User and password go nowhere else.
    /// </summary>
    public IReadOnlyList<string> AllowedTokenHosts { get; init; } = [];

    /// <summary>
    /// For the two of ECR: as whom AWS is asked. Null: as the machine's default for <see cref="RegistryAuthKind.Ecr"/>,
    /// anonymous for <see cref="RegistryAuthKind.EcrPublic"/>.
    /// </summary>
    public AwsIdentity? Aws { get; init; }

    /// <summary>Whether both show a registry the same identity; where tokens come from may differ.</summary>
    public bool ShowsTheSame(RegistryAuthOptions other) => this with { AllowedTokenHosts = other.AllowedTokenHosts } == other;

    // The secret stays out of logs; so does what is nobody's business.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append($"{nameof(Kind)} = {Kind}");
        return true;
    }
}
