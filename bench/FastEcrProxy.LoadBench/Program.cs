using FastEcrProxy.LoadBench;
using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Upstream;
using FastEcrProxy.LoadBench.Workloads;

// One program, several roles, so that what is measured and what measures are processes of their own.
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
            // "check" looks at the arguments alone, before somebody waits for a binary to be published.
            var conductor = new Conductor(BenchOptionsReader.Read(args is ["check", ..] ? args[1..] : args));
            conductor.Check();
            return args is ["check", ..] ? 0 : await conductor.RunAsync();
        }
        catch (BenchFailure failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 64; // EX_USAGE
        }
}
