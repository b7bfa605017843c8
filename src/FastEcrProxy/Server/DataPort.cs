using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>The port where clients pull: bare Kestrel and one delegate, no routing, no middleware.</summary>
internal static class DataPort
{
    // Beyond these Kestrel itself hangs up, with a status and no words. The pipeline's own limits lie below and explain.
    private const int RequestLineBytesMax = 64 * 1024;
    private const int HeaderBytesMax = 128 * 1024;

    // Pushes are refused by their method; nothing else has a body that anybody reads.
    private const long RequestBodyBytesMax = 0;

    // A runtime that unpacks while it reads stands still for as long as its disk is busy. Kestrel's default breaks its
    // connection off after 5 s; 5 minutes is what containerd itself takes for no progress.
    private static readonly MinDataRate Stalled = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromMinutes(5));

    public static WebApplication Build(ListenOptions options, ILoggerFactory loggers, IMeterFactory meters, RequestDelegate pipeline)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        HostParts.Add(builder, loggers);
        builder.Services.AddSingleton(meters); // the admin port's, which is where Kestrel's own measurements are collected
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, options));
        if (options.Certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        var app = builder.Build();
        app.Run(pipeline);
        return app;
    }

    private static void Configure(KestrelServerOptions kestrel, ListenOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestLineSize = RequestLineBytesMax;
        kestrel.Limits.MaxRequestHeadersTotalSize = HeaderBytesMax;
        kestrel.Limits.MaxRequestBodySize = RequestBodyBytesMax;
        kestrel.Limits.MinResponseDataRate = Stalled;
        kestrel.Listen(options.Address, listen =>
        {
            listen.Protocols = HttpProtocols.Http1; // containerd resumes a cut body on HTTP/1.1 only
            if (options.Certificate is { } certificate)
            {
                listen.UseHttps(https => (https.ServerCertificate, https.ServerCertificateChain) = (certificate.Leaf, certificate.Chain));
            }
        });
    }
}
