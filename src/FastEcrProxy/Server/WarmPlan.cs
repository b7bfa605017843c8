using System.Runtime.InteropServices;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Server;

/// <summary>What is to be in the cache, read and checked.</summary>
/// <param name="Images">Each once.</param>
/// <param name="Platforms">Which manifests of an index are wanted; empty: all of them.</param>
/// <param name="Namespace">What containerd would say in <c>ns</c>; null: nothing.</param>
/// <param name="AtATime">Most blobs that are fetched at the same time.</param>
/// <param name="Rereads">Whether what is in the cache already is read and hashed once more.</param>
internal sealed record WarmPlan(
    IReadOnlyList<ImageName> Images, IReadOnlyList<Platform> Platforms, string? Namespace, int AtATime, bool Rereads)
{
    // Containers are Linux, on a Mac too.
    private static readonly Platform ThisMachine = new("linux", RuntimeInformation.OSArchitecture switch
    {
        Architecture.Arm64 => "arm64",
        Architecture.Arm => "arm",
        Architecture.X64 => "amd64",
        var other => other.ToString().ToLowerInvariant(),
    });

    /// <summary>The plan, or everything that is wrong with it, a sentence each.</summary>
    public static (WarmPlan? Plan, IReadOnlyList<string> Problems) Read(WarmOptions options)
    {
        List<string> problems = [];
        List<ImageName> images = [];
        foreach (var text in options.Images.Distinct())
        {
            var (image, problem) = ImageName.Read(text);
            images.AddRange(image is null ? [] : [image]);
            problems.AddRange(problem is null ? [] : [problem]);
        }

        if (options.Images.Count == 0)
        {
            problems.Add("Name an image, such as registry.example.com/team/app:1.2, or a --file with names.");
        }

        if (options is { AllPlatforms: true, Platforms.Count: > 0 })
        {
            problems.Add("--platform and --all-platforms exclude each other.");
        }

        if (options.Namespace is { } ns && !SettingFormats.IsHostAndPort(ns))
        {
            problems.Add($"--ns {ns}: not the name of a registry; write docker.io or registry.example.com:5000.");
        }

        if (options.AtATime is < 1 or > WarmOptions.AtATimeMost)
        {
            problems.Add($"--parallel {options.AtATime}: not a number from 1 to {WarmOptions.AtATimeMost}.");
        }

        var platforms = ReadPlatforms(options, problems);
        return problems.Count == 0
            ? (new WarmPlan(images, platforms, options.Namespace, options.AtATime, options.Rereads), problems)
            : (null, problems);
    }

    private static List<Platform> ReadPlatforms(WarmOptions options, List<string> problems)
    {
        List<Platform> platforms = options.AllPlatforms || options.Platforms.Count > 0 ? [] : [ThisMachine];
        foreach (var text in options.Platforms)
        {
            if (Platform.TryParse(text, out var platform))
            {
                platforms.Add(platform!);
            }
            else
            {
                problems.Add($"--platform {text}: write linux/amd64, linux/arm64 or linux/arm/v7.");
            }
        }

        return platforms;
    }
}
