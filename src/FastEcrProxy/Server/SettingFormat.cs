using System.Diagnostics.CodeAnalysis;

namespace FastEcrProxy.Server;

/// <summary>Reads a text; never throws.</summary>
internal delegate bool SettingParser<T>(string text, [MaybeNullWhen(false)] out T value);

/// <summary>How one kind of setting is written, and what to tell who wrote it otherwise.</summary>
/// <param name="Kind">For documentation and schema.</param>
/// <param name="TryParse">From text to value.</param>
/// <param name="Refusal">What is wrong and what to write instead: <c>not a size; write 100GiB or 75g</c>.</param>
internal sealed record SettingFormat<T>(SettingKind Kind, SettingParser<T> TryParse, string Refusal)
{
    /// <summary>The words that a choice is made from; empty for the other kinds.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The least and the most that a number may be; null for the other kinds.</summary>
    public (int Least, int Most)? Bounds { get; init; }
}
