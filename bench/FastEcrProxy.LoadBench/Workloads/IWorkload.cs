using FastEcrProxy.LoadBench.Results;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>One question of the bench, under a name that can be typed.</summary>
internal interface IWorkload
{
    string Name { get; }

    /// <summary>The head of its result file.</summary>
    string Question { get; }

    /// <summary>What is done, for people who read the tables.</summary>
    string Explanation { get; }

    Task<IReadOnlyList<Case>> RunAsync(Bench bench);
}
