using System.Net;

namespace FastEcrProxy.Server;

/// <summary>The settings of the ports where clients are served; a part of <see cref="SettingTable"/>.</summary>
internal static class ListenTable
{
    private static readonly TimeSpan LongestHsts = TimeSpan.FromDays(3650);
    private static readonly TimeSpan ShortestStall = TimeSpan.FromSeconds(1); // below a lost packet or two look like a stall

    public static readonly Setting<IPEndPoint> Address = new("Listen.Address", SettingFormats.Address)
    {
        Default = "0.0.0.0:5000", Flag = "--listen", FlagValue = "ADDR:PORT", Alias = "PORT",
        Meaning = "Where clients pull: address and port of the registry.",
    };

    public static readonly Setting<IReadOnlyList<string>> Certificate = new("Listen.Certificate", SettingFormats.Paths)
    {
        Otherwise = "plain HTTP", Alias = "REGISTRY_HTTP_TLS_CERTIFICATE",
        Meaning =
            "PEM file with the certificate for the clients' port, intermediate ones after it; makes the port HTTPS. "
            + "Several: each for its own names, the first for all others. Read anew when they change.",
    };

    public static readonly Setting<IReadOnlyList<string>> Key = new("Listen.Key", SettingFormats.Paths)
    {
        Otherwise = "plain HTTP", Alias = "REGISTRY_HTTP_TLS_KEY",
        Meaning = "PEM file with the private key of Listen.Certificate, not encrypted; as many as there, in the same order.",
    };

    public static readonly Setting<IPEndPoint> PlainAddress = new("Listen.PlainAddress", SettingFormats.Address)
    {
        Otherwise = "no port without TLS where there is one with it",
        Meaning = "A second port for clients, plain HTTP, beside one with TLS.",
    };

    public static readonly Setting<bool> Http2 = new("Listen.Http2", SettingFormats.Bool)
    {
        Default = "false",
        Meaning = "Whether HTTP/2 is offered beside HTTP/1.1, over TLS; containerd resumes cut layers on HTTP/1.1 only.",
    };

    public static readonly Setting<TimeSpan> Hsts = new("Listen.Hsts", SettingFormats.Time(LongestHsts))
    {
        Otherwise = "not told",
        Meaning = "Tells browsers that come by TLS to come by nothing else for so long (Strict-Transport-Security); 0 takes it back.",
    };

    public static readonly Setting<IReadOnlyList<string>> TrustedProxies = new("Listen.TrustedProxies", SettingFormats.Networks)
    {
        Otherwise = "nobody is believed: the client is who is connected",
        Meaning =
            "Networks of the load balancers before the proxy: who the client is, and whether it came by TLS, "
            + "is what they say (X-Forwarded-For, X-Forwarded-Proto).",
    };

    public static readonly Setting<bool> ProxyProtocol = new("Listen.ProxyProtocol", SettingFormats.Bool)
    {
        Default = "false",
        Meaning = "Whether connections from Listen.TrustedProxies may begin with a header of the PROXY protocol, version 1 or 2.",
    };

    public static readonly Setting<TimeSpan> StallTimeout =
        new("Listen.StallTimeout", SettingFormats.Timeout(ShortestStall, SettingFormats.LongestWait))
        {
            Default = "60s",
            Meaning =
                "A client that takes nothing of its answer, or sends nothing of its push, for so long is broken off; slow ones may stay.",
        };

    public static readonly Setting<bool> FileOutput = new("Listen.FileOutput", SettingFormats.Bool)
    {
        Default = "true",
        Meaning = "Whether layers leave plain HTTP ports by sendfile, uncopied; false takes the web server's own way.",
    };

    public static readonly Setting<TimeSpan> ShutdownGrace = new("Listen.ShutdownGrace", SettingFormats.Time(SettingFormats.LongestWait))
    {
        Default = "30s",
        Meaning = "How long running transfers may go on after SIGTERM.",
    };

    /// <summary>All of them, in the order in which people read them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Address, Certificate, Key, PlainAddress, Http2, Hsts, TrustedProxies, ProxyProtocol, StallTimeout, FileOutput, ShutdownGrace,
    ];
}
