namespace FastEcrProxy.Oci;

/// <summary>
/// A repository as the cache knows it: by the name that clients use, within the rule that takes their requests. Two rules may
/// send the same name to different registries, and what one of them has is not the other's.
/// </summary>
/// <param name="Scope">
/// The rule's name, with what else decides where its requests go; empty where there is only one place. Letters, digits,
/// <c>.</c>, <c>_</c>, <c>-</c>, <c>:</c>, <c>[</c>, <c>]</c> and <c>@</c>: it is a directory's name, too.
/// </param>
/// <param name="Repository">As clients write it.</param>
internal readonly record struct RepositoryKey(string Scope, Repository Repository)
{
    public override string ToString() => Scope.Length == 0 ? Repository.ToString() : $"{Scope}/{Repository}";
}
