using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Upstream;

/// <summary>Certificate and key as OpenSSL keeps them for all connections of a server.</summary>
internal sealed class TlsIdentity : IDisposable
{
    /// <exception cref="IOException">The files are no certificate with its key.</exception>
    public TlsIdentity(string certificateFile, string keyFile)
    {
        // No tickets and no sessions: every client shakes hands once, and nothing but layers is sent unasked.
        _ = OpenSsl.SetTickets(Context, 0);
        _ = OpenSsl.ControlContext(Context, OpenSsl.SetSessionCache, 0, 0);
        if (OpenSsl.UseCertificateChain(Context, certificateFile) != 1
            || OpenSsl.UsePrivateKey(Context, keyFile, OpenSsl.PemFile) != 1)
        {
            Dispose();
            throw new IOException($"{certificateFile} and {keyFile} are no certificate with its key in PEM.");
        }
    }

    public nint Context { get; } = OpenSsl.NewContext(OpenSsl.ServerMethod());

    public void Dispose() => OpenSsl.FreeContext(Context);
}
