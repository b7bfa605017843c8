using FastEcrProxy.LoadBench;
using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Upstream;
using FastEcrProxy.LoadBench.Workloads;

// One program, three roles, so that what is measured and what measures are processes of their own.
switch (args)
{
    case ["client"]:
        ClientRole.Run();
        return 0;
    case ["upstream"]:
        await UpstreamRole.RunAsync();
        return 0;
    default:
        try
        {
            return await new Conductor(BenchOptionsReader.Read(args)).RunAsync();
        }
        catch (BenchFailure failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 64; // EX_USAGE
        }
}
