using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Oci;

public sealed class OciRouteFuzzTests
{
    private static readonly string[] Paths =
    [
        "/v2/",
        "/v2",
        "/v2/_catalog",
        "/v2/library/alpine/manifests/3.20",
        $"/v2/team/app/manifests/{Digests.Sha256A}",
        $"/v2/team/app/manifests/{Digests.Sha512C}",
        $"/v2/team/app/blobs/{Digests.Sha256B}",
        $"/v2/team/app/blobs/sha256%3A{new string('a', 64)}",
        $"/v2/a/blobs/uploads/blobs/{Digests.Sha256B}",
        "/v2/manifests/tags/list",
        "/v2/a-b.c__d/tags/list",
        $"/v2/team/app/referrers/{Digests.Sha256A}",
        "/v2/team/app/blobs/uploads/",
        "/v2/team/app/blobs/uploads",
        "/v2/team/app/blobs/uploads/3b0e9f6c-1d2e-4f5a-9b8c-7d6e5f4a3b2c",
        "/v2/a/../b/manifests/v1",
        "/v2/a%2fb/manifests/%2e%2e",
    ];

    [Fact]
    public void WhatIsTaken_PrintsBackAsItWas_AndWhatIsNot_SaysWhy()
    {
        var taken = 0;

        AlmostRight.Texts(Paths, 20_000, path =>
        {
            var error = OciRoute.TryParse(path, out var route);

            if (error is not null)
            {
                Assert.Contains(error.Status, (int[])[400, 404, 414]);
                Assert.NotEmpty(error.Code);
                return;
            }

            taken++;
            Assert.Equal(path.Replace("%3A", ":", StringComparison.OrdinalIgnoreCase), Print(route, path));
            Assert.DoesNotContain('%', path.Replace("%3A", ":", StringComparison.OrdinalIgnoreCase));
            AssertStaysInside(route.Kind is RouteKind.Ping or RouteKind.Catalog ? "" : route.Repository.ToString());
            AssertStaysInside(route.Reference.IsDigest ? "" : route.Reference.Tag);
        });

        Assert.InRange(taken, 2_000, 19_000);
    }

    /// <summary>A repository's name and a tag become directories.</summary>
    private static void AssertStaysInside(string name)
    {
        var path = Path.GetFullPath(Path.Combine("/cache/repositories", name));
        Assert.Equal($"/cache/repositories{(name.Length == 0 ? "" : "/")}{name}", path);
        Assert.DoesNotContain(name.Split('/'), static part => part.StartsWith('_') && part is "_links" or "_tags" or "." or "..");
    }

    private static string Print(OciRoute route, string path) => route.Kind switch
    {
        RouteKind.Ping => path is "/v2" ? path : "/v2/",
        RouteKind.Catalog => "/v2/_catalog",
        RouteKind.Manifest => $"/v2/{route.Repository}/manifests/{route.Reference}",
        RouteKind.Blob => $"/v2/{route.Repository}/blobs/{route.Digest}",
        RouteKind.Tags => $"/v2/{route.Repository}/tags/list",
        RouteKind.Referrers => $"/v2/{route.Repository}/referrers/{route.Digest}",
        _ when route.Session is null && path[^1] != '/' => $"/v2/{route.Repository}/blobs/uploads",
        _ => $"/v2/{route.Repository}/blobs/uploads/{route.Session}",
    };
}
