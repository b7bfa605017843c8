using System.Runtime.InteropServices;
using System.Text.Json;

namespace FastEcrProxy.LoadBench.Processes;

/// <summary>
/// The inside of a role: a line of JSON in, a line out. It ends when standard input does, so that nothing outlives the
/// conductor, however that ends.
/// </summary>
internal static class RoleLoop
{
    public static void Run<TOrder, TAnswer>(Func<TOrder, TAnswer> work)
    {
        // Ctrl-C reaches every process of the terminal; the conductor ends the others in good order.
        using var ignored = PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true);
        while (Console.In.ReadLine() is { } line)
        {
            var answer = work(JsonSerializer.Deserialize<TOrder>(line)!);
            Console.Out.WriteLine(JsonSerializer.Serialize(answer));
            Console.Out.Flush();
        }
    }
}
