using System.Net.Sockets;
using FastEcrProxy.LoadBench.Processes;

namespace FastEcrProxy.LoadBench.Client;

/// <summary>The client process: takes orders on standard input, one at a time, until it closes.</summary>
internal static class ClientRole
{
    public static void Run() => RoleLoop.Run<ClientOrder, ClientAnswer>(Do);

    private static ClientAnswer Do(ClientOrder order)
    {
        var answer = Try(order);
        if (order.EndsBy is not null)
        {
            File.Delete(order.EndsBy);
        }

        return answer;
    }

    private static ClientAnswer Try(ClientOrder order)
    {
        try
        {
            return order.Deed switch
            {
                Deed.Verify => BodyCheck.Run(order),
                Deed.First => FirstAnswer.Run(order),
                Deed.Slow => new SlowLoad(order).Run(),
                _ when order.Tls => new TlsLoad(order).Run(),
                _ => new PlainLoad(order).Run(),
            };
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or SocketException or BenchFailure)
        {
            return new ClientAnswer { Failures = 1, Failure = failure.Message };
        }
    }
}
