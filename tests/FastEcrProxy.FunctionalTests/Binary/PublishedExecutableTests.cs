using FastEcrProxy.FunctionalTests.Cli;
using FastEcrProxy.FunctionalTests.Processes;

namespace FastEcrProxy.FunctionalTests.Binary;

/// <summary>What is true of the executable that every build makes is true of the one that ships: here from <c>serve</c>.</summary>
public sealed class PublishedServeTests : ServeTests
{
    private protected override Executable Executable => Executable.Published;
}

/// <summary>The same: how it ends.</summary>
public sealed class PublishedShutdownTests : ShutdownTests
{
    private protected override Executable Executable => Executable.Published;
}

/// <summary>The same: what keeps it from starting, and TLS.</summary>
public sealed class PublishedStartTests : StartTests
{
    private protected override Executable Executable => Executable.Published;
}

/// <summary>The same: the command line and bad configuration.</summary>
public sealed class PublishedCommandLineTests : CommandLineTests
{
    private protected override Executable Executable => Executable.Published;
}

/// <summary>The same: <c>check</c>.</summary>
public sealed class PublishedCheckVerbTests : CheckVerbTests
{
    private protected override Executable Executable => Executable.Published;
}

/// <summary>The same: <c>warm</c> through a running proxy.</summary>
public sealed class PublishedWarmVerbTests : WarmVerbTests
{
    private protected override Executable Executable => Executable.Published;
}

/// <summary>The same: <c>warm</c> of a directory.</summary>
public sealed class PublishedWarmDirectoryTests : WarmDirectoryTests
{
    private protected override Executable Executable => Executable.Published;
}

/// <summary>The same: <c>demo</c>.</summary>
public sealed class PublishedDemoVerbTests : DemoVerbTests
{
    private protected override Executable Executable => Executable.Published;
}
