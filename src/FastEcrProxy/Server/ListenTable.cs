using System.Net;

namespace FastEcrProxy.Server;

/// <summary>The settings of the ports where clients are served; a part of <see cref="SettingTable"/>.</summary>
internal static class ListenTable
{
    private static readonly TimeSpan ShortestStall = TimeSpan.FromSeconds(1); // below a lost packet or two look like a stall

    public static readonly Setting<IPEndPoint> Address = new("Listen.Address", SettingFormats.Address)
    {
        Default = "0.0.0.0:5000", Flag = "--listen", FlagValue = "ADDR:PORT", Alias = "PORT",
        Meaning = "Where clients pull: address and port of the registry.",
    };

    public static readonly Setting<string> Certificate = new("Listen.Certificate", SettingFormats.Path)
    {
        Otherwise = "plain HTTP", Alias = "REGISTRY_HTTP_TLS_CERTIFICATE",
        Meaning = "PEM file with the certificate for the clients' port, intermediate ones after it; makes the port HTTPS.",
    };

    public static readonly Setting<string> Key = new("Listen.Key", SettingFormats.Path)
    {
        Otherwise = "plain HTTP", Alias = "REGISTRY_HTTP_TLS_KEY",
        Meaning = "PEM file with the private key of Listen.Certificate, not encrypted.",
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
    public static IReadOnlyList<Setting> All { get; } = [Address, Certificate, Key, StallTimeout, FileOutput, ShutdownGrace];
}
