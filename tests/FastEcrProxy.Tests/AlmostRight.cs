using System.Globalization;
using System.Text;
using CsCheck;

namespace FastEcrProxy.Tests;

/// <summary>
/// Inputs for parsers that are almost right: valid ones with characters exchanged, left out, doubled, and spliced into each other. They
/// come further into a parser than chance does. The same in every run. A parser of bytes, such as that of a protocol's
/// preamble, gets <see cref="Bytes"/>.
/// </summary>
internal static class AlmostRight
{
    private const int MutationsMax = 5;
    private const int PieceMax = 12;
    private const string Seed = "0N0XIzNsQ0O2"; // any will do, so long as it stays

    private static readonly Gen<char> Characters = Gen.OneOf(
        Gen.Char["/%.:;,=-_?&\"\\ \t\r\n\0@#<>{}[]()*+~'|"],
        Gen.Char["0123456789abcdefABCDEFxXnN"],
        Gen.Char[(char)0x7F, (char)0x2FF]);

    private static readonly Gen<Mutation> Mutations = Gen.Select(
        Gen.Int[0, 6], Gen.Double[0, 1], Gen.Double[0, 1], Gen.Int[1, PieceMax], Characters,
        (kind, at, from, length, character) => new Mutation(kind, at, from, length, character));

    /// <summary>Calls a check with each of so many texts; a failure says which it was.</summary>
    /// <param name="corpus">Valid ones, of every kind that there is.</param>
    /// <param name="count">How many.</param>
    /// <param name="check">Asserts.</param>
    public static void Texts(string[] corpus, int count, Action<string> check)
    {
        var one = Gen.Int[0, corpus.Length - 1].Select(number => corpus[number]);
        var texts = Gen.Select(one, one, Mutations.List[0, MutationsMax], static (text, other, mutations) =>
            mutations.Aggregate(text, (changed, mutation) => mutation.Of(changed, other)));
        foreach (var text in texts.Array[count, count].Single(static _ => true, Seed))
        {
            try
            {
                check(text);
            }
            catch (Exception failure)
            {
                var code = string.Join(' ', text.Select(static character => ((int)character).ToString("x", CultureInfo.InvariantCulture)));
                throw new InvalidOperationException($"Failed for {text}, which is {code}", failure);
            }
        }
    }

    /// <summary>The same with bytes: every character is one, however wrong it is there.</summary>
    public static void Bytes(string[] corpus, int count, Action<byte[]> check) =>
        Texts(corpus, count, text => check(Encoding.Latin1.GetBytes(text)));

    /// <param name="Kind">What is done.</param>
    /// <param name="At">Where, as a part of the whole.</param>
    /// <param name="From">From where in the other text.</param>
    /// <param name="Length">How much of it.</param>
    /// <param name="Character">What is put there.</param>
    private sealed record Mutation(int Kind, double At, double From, int Length, char Character)
    {
        public string Of(string text, string other)
        {
            var at = (int)(At * text.Length);
            var end = Math.Min(text.Length, at + Length);
            var from = (int)(From * other.Length);
            var piece = other.Substring(from, Math.Min(Length, other.Length - from));
            return Kind switch
            {
                0 => text[..at] + Character + text[at..],
                1 => text[..at] + Character + text[Math.Min(text.Length, at + 1)..],
                2 => text[..at] + text[end..],
                3 => text[..end] + text[at..],
                4 => text[..at] + piece + text[at..],
                5 => text[..at] + other[from..],
                _ => at < text.Length ? $"{text[..at]}{(char)(text[at] ^ (1 << (Length % 8)))}{text[(at + 1)..]}" : text,
            };
        }
    }
}
