using System.Runtime.CompilerServices;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests;

/// <summary>Gives every proxy of this test process the keys of the stand-in, where the AWS SDK looks for keys first.</summary>
internal static class TestCredentials
{
    [ModuleInitializer]
    internal static void Set()
    {
        var keys = new LocalEcrOptions();
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", keys.AccessKeyId);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", keys.SecretAccessKey);
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
    }
}
