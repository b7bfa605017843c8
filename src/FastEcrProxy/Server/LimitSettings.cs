using FastEcrProxy.Http;
using FastEcrProxy.Transport;

namespace FastEcrProxy.Server;

/// <summary>The settings that say how much clients may have, for the two that see to it: the connections' part and the requests'.</summary>
internal static class LimitSettings
{
    public static ConnectionLimits ReadConnections(SettingValues values)
    {
        RefuseMoreForOne(values, LimitTable.ConnectionsPerAddress, LimitTable.Connections);
        return new ConnectionLimits
        {
            Total = values.Get(LimitTable.Connections),
            PerAddress = values.Get(LimitTable.ConnectionsPerAddress),
            KeepAlive = values.Get(LimitTable.KeepAlive),
            HeadTimeout = values.Get(LimitTable.HeadTimeout),
            HandshakeTimeout = values.Get(LimitTable.HandshakeTimeout),
            HeaderBytes = (int)values.Get(LimitTable.HeaderSize),
        };
    }

    public static LimitOptions Read(SettingValues values)
    {
        RefuseMoreForOne(values, LimitTable.TransfersPerClient, LimitTable.Transfers);
        RefuseMoreForOne(values, LimitTable.FillsPerClient, LimitTable.Fills);
        return new LimitOptions
        {
            HeaderBytes = (int)values.Get(LimitTable.HeaderSize),
            RequestsPerAddress = values.Get(LimitTable.RequestsPerAddress),
            RequestsPerUser = values.Get(LimitTable.RequestsPerUser),
            RequestBurst = values.Get(LimitTable.RequestBurst),
            Transfers = values.Get(LimitTable.Transfers),
            TransfersPerClient = values.Get(LimitTable.TransfersPerClient),
            Fills = values.Get(LimitTable.Fills),
            FillsPerClient = values.Get(LimitTable.FillsPerClient),
            Wait = values.Get(LimitTable.Wait),
            Bandwidth = values.Get(LimitTable.Bandwidth),
            BandwidthPerClient = values.Get(LimitTable.BandwidthPerClient),
            UploadBytes = values.Get(LimitTable.UploadSize),
        };
    }

    /// <summary>Who writes more for one than for all has mixed them up. A default that is above what was written is no slip.</summary>
    private static void RefuseMoreForOne(SettingValues values, Setting<int> one, Setting<int> all)
    {
        if (values.Given(one) is { } each && values.Get(all) is > 0 and var total && each > total)
        {
            values.Refuse(one, $"more than {all.Key} has for everybody ({total}); write less, or more there");
        }
    }
}
