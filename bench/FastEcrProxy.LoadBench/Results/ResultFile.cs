namespace FastEcrProxy.LoadBench.Results;

/// <summary>
/// A file of bench/results. What is measured stands between two comments and is written anew by every run; what people
/// wrote around it stays.
/// </summary>
internal static class ResultFile
{
    private const string Begin = "<!-- loadbench: begin, written by bench/run.sh -->";
    private const string End = "<!-- loadbench: end -->";

    public static void Write(string path, string question, string measured)
    {
        var text = File.Exists(path) ? File.ReadAllText(path) : $"# {question}\n\n{Begin}\n{End}\n";
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (begin < 0 || end < begin)
        {
            throw new BenchFailure($"{path} lacks the two lines between which results are written; put them back: {Begin} {End}");
        }

        File.WriteAllText(path, $"{text[..(begin + Begin.Length)]}\n\n{measured.Trim()}\n\n{text[end..]}");
    }
}
