namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>One run of a program, to its end.</summary>
internal sealed record ProgramRun(string Command, int ExitCode, string Output, string Errors)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>Both outputs, for programs that do not care which is which.</summary>
    public string All => Output + Errors;

    public ProgramRun MustSucceed()
    {
        Assert.True(Succeeded, $"failed: {this}");
        return this;
    }

    public override string ToString() => $"$ {Command}\n{All.TrimEnd()}\n=> {ExitCode}";
}
