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

    /// <summary>How many letters have to be added, dropped or changed (Levenshtein).</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var changed = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[other.Length];
    }
}
