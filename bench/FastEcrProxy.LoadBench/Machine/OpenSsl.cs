using System.Runtime.InteropServices;

namespace FastEcrProxy.LoadBench.Machine;

/// <summary>The few calls of OpenSSL that a client needs who only reads, and a server that only sends files.</summary>
internal static unsafe partial class OpenSsl
{
    public const int SetReadAhead = 41; // SSL_CTRL_SET_READ_AHEAD
    public const int SetSessionCache = 44; // SSL_CTRL_SET_SESS_CACHE_MODE; zero is none
    public const int SetBufferSize = 117; // BIO_C_SET_BUFF_SIZE
    public const int OfWrites = 1; // the second argument to it
    public const int FlushIo = 11; // BIO_CTRL_FLUSH
    public const int PemFile = 1; // SSL_FILETYPE_PEM

    // Of OpenSSL 3, which .NET uses on such a machine, too.
    private const string Name = "libssl.so.3";
    private const string CryptoName = "libcrypto.so.3";

    [LibraryImport(Name, EntryPoint = "TLS_client_method")]
    public static partial nint ClientMethod();

    [LibraryImport(Name, EntryPoint = "TLS_server_method")]
    public static partial nint ServerMethod();

    [LibraryImport(Name, EntryPoint = "SSL_CTX_new")]
    public static partial nint NewContext(nint method);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_ctrl")]
    public static partial nint ControlContext(nint context, int command, nint value, nint pointer);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_default_read_buffer_len")]
    public static partial void SetReadBuffer(nint context, nuint bytes);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_use_certificate_chain_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int UseCertificateChain(nint context, string file);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_use_PrivateKey_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int UsePrivateKey(nint context, string file, int type);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_num_tickets")]
    public static partial int SetTickets(nint context, nuint count);

    [LibraryImport(Name, EntryPoint = "SSL_new")]
    public static partial nint NewConnection(nint context);

    [LibraryImport(Name, EntryPoint = "SSL_set_fd")]
    public static partial int SetDescriptor(nint connection, int socket);

    [LibraryImport(Name, EntryPoint = "SSL_set_accept_state")]
    public static partial void SetServer(nint connection);

    [LibraryImport(Name, EntryPoint = "SSL_connect")]
    public static partial int Connect(nint connection);

    [LibraryImport(Name, EntryPoint = "SSL_read")]
    public static partial int Read(nint connection, byte* into, int length);

    [LibraryImport(Name, EntryPoint = "SSL_write")]
    public static partial int Write(nint connection, byte* bytes, int length);

    [LibraryImport(Name, EntryPoint = "SSL_shutdown")]
    public static partial int SayGoodbye(nint connection);

    [LibraryImport(Name, EntryPoint = "SSL_free")]
    public static partial void Free(nint connection);

    [LibraryImport(Name, EntryPoint = "SSL_get_wbio")]
    public static partial nint WritingEnd(nint connection);

    [LibraryImport(Name, EntryPoint = "SSL_set0_wbio")]
    public static partial void SetWritingEnd(nint connection, nint io);

    [LibraryImport(CryptoName, EntryPoint = "BIO_f_buffer")]
    public static partial nint BufferMethod();

    [LibraryImport(CryptoName, EntryPoint = "BIO_new")]
    public static partial nint NewIo(nint method);

    [LibraryImport(CryptoName, EntryPoint = "BIO_push")]
    public static partial nint PutBefore(nint io, nint next);

    [LibraryImport(CryptoName, EntryPoint = "BIO_up_ref")]
    public static partial int KeepIo(nint io);

    [LibraryImport(CryptoName, EntryPoint = "BIO_int_ctrl")]
    public static partial nint ControlIo(nint io, int command, nint value, int which);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_free")]
    public static partial void FreeContext(nint context);
}
