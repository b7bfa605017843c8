using System.Runtime.InteropServices;

namespace FastEcrProxy.LoadBench.Machine;

/// <summary>The few calls of OpenSSL that a client needs who only wants to get rid of what it reads.</summary>
internal static unsafe partial class OpenSsl
{
    public const int SetReadAhead = 41; // SSL_CTRL_SET_READ_AHEAD

    private const string Name = "libssl.so.3"; // of OpenSSL 3, which .NET uses on such a machine, too

    [LibraryImport(Name, EntryPoint = "TLS_client_method")]
    public static partial nint ClientMethod();

    [LibraryImport(Name, EntryPoint = "SSL_CTX_new")]
    public static partial nint NewContext(nint method);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_ctrl")]
    public static partial nint ControlContext(nint context, int command, nint value, nint pointer);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_default_read_buffer_len")]
    public static partial void SetReadBuffer(nint context, nuint bytes);

    [LibraryImport(Name, EntryPoint = "SSL_new")]
    public static partial nint NewConnection(nint context);

    [LibraryImport(Name, EntryPoint = "SSL_set_fd")]
    public static partial int SetDescriptor(nint connection, int socket);

    [LibraryImport(Name, EntryPoint = "SSL_connect")]
    public static partial int Connect(nint connection);

    [LibraryImport(Name, EntryPoint = "SSL_read")]
    public static partial int Read(nint connection, byte* into, int length);

    [LibraryImport(Name, EntryPoint = "SSL_write")]
    public static partial int Write(nint connection, byte* bytes, int length);

    [LibraryImport(Name, EntryPoint = "SSL_free")]
    public static partial void Free(nint connection);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_free")]
    public static partial void FreeContext(nint context);
}
