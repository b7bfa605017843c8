namespace FastEcrProxy.Http;

/// <summary>What a client may have of the proxy: the limits of a port, each with who keeps it.</summary>
internal sealed class ClientLimits(LimitOptions options, LimitReports reports, TimeProvider time)
{
    public LimitOptions Options { get; } = options;

    public LimitReports Reports { get; } = reports;

    public RequestRates Requests { get; } = new(options, reports, time);

    public Transfers Transfers { get; } = new(options, reports, time);

    public FillPlaces Fills { get; } = new(options, reports, time);
}
