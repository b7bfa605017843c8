using System.Text;

namespace FastEcrProxy.LoadBench.Client;

/// <summary>The bytes of a GET as a container runtime sends it.</summary>
internal static class Request
{
    public static byte[] For(Wanted wanted, int port) => Encoding.ASCII.GetBytes(
        $"GET {wanted.Path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: loadbench\r\n"
        + "Accept: application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, */*\r\n\r\n");
}
