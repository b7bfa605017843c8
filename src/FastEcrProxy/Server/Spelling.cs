namespace FastEcrProxy.Server;

/// <summary>Finds the word that somebody meant who wrote one that does not exist.</summary>
internal static class Spelling
{
    private const int LettersPerSlip = 4; // one slip in so many letters is still the same word
    private const int LengthMax = 100; // nobody's slip; the comparison takes length times length

    /// <summary>The nearest candidate, or null if none is near. Case, dots, dashes and underscores do not count.</summary>
    public static T? Nearest<T>(string word, IEnumerable<T> candidates, Func<T, string> spelt)
        where T : class
    {
        var plain = Plain(word);
        if (plain.Length is 0 or > LengthMax)
        {
            return null;
        }

        var slipsMost = Math.Max(1, plain.Length / LettersPerSlip);
        return candidates
            .Select(candidate => (candidate, Slips: Distance(plain, Plain(spelt(candidate)))))
            .Where(pair => pair.Slips <= slipsMost)
            .OrderBy(pair => pair.Slips)
            .Select(pair => pair.candidate)
            .FirstOrDefault();
    }

    private static string Plain(string word) => string.Concat(word.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    /// <summary>How many letters have to be added, dropped, changed or swapped (optimal string alignment).</summary>
    private static int Distance(string one, string other)
    {
        var slips = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
        {
            for (var j = 0; j <= other.Length; j++)
            {
                slips[i, j] = i == 0 || j == 0 ? i + j : Least(i, j);
            }
        }

        return slips[one.Length, other.Length];

        int Least(int i, int j)
        {
            var changed = slips[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
            var least = Math.Min(changed, Math.Min(slips[i - 1, j], slips[i, j - 1]) + 1);
            var isSwap = i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
            return isSwap ? Math.Min(least, slips[i - 2, j - 2] + 1) : least;
        }
    }
}
