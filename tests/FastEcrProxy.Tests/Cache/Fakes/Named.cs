using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>Repositories by their names, in the scope of a proxy with one upstream unless another is named.</summary>
internal static class Named
{
    public static RepositoryKey Repository(string name, string scope = "")
    {
        Assert.True(FastEcrProxy.Oci.Repository.TryParse(name, out var repository));
        return new RepositoryKey(scope, repository);
    }
}
