namespace FastEcrProxy.Tests;

/// <summary>C# without what only looks like C#: comments, directives and strings become blanks, every place stays where it was.</summary>
internal sealed class CodeText
{
    private readonly string _source;
    private readonly char[] _kept;
    private int _at;

    private CodeText(string source) => (_source, _kept) = (source, source.ToCharArray());

    public static string Of(string source)
    {
        var text = new CodeText(source);
        text.ReadCode(inHole: false);
        return new string(text._kept);
    }

    /// <summary>To the end, or to the brace that closes the hole of an interpolated string.</summary>
    private void ReadCode(bool inHole)
    {
        var depth = 0;
        while (_at < _source.Length)
        {
            if (Sees("//") || (Sees("#") && IsFirstInLine()))
            {
                BlankTo(After("\n") - 1);
            }
            else if (Sees("/*"))
            {
                BlankTo(After("*/"));
            }
            else if (Sees("'"))
            {
                ReadUntilQuote('\'', verbatim: false, interpolated: false);
            }
            else if (!TryReadString())
            {
                depth += Sees("{") ? 1 : Sees("}") ? -1 : 0;
                if (inHole && depth < 0)
                {
                    return;
                }

                _at++;
            }
        }
    }

    private bool TryReadString()
    {
        var quote = _at;
        while (quote < _source.Length && _source[quote] is '$' or '@')
        {
            quote++;
        }

        if (quote == _source.Length || _source[quote] != '"')
        {
            return false;
        }

        var prefix = _source[_at..quote];
        var verbatim = prefix.Contains('@');
        var quotes = _source.AsSpan(quote).IndexOfAnyExcept('"') is >= 0 and var count ? count : _source.Length - quote;
        BlankTo(quote);
        if (!verbatim && quotes >= 3)
        {
            BlankTo(quote + quotes);
            BlankTo(After(new string('"', quotes)));
        }
        else
        {
            ReadUntilQuote('"', verbatim, interpolated: prefix.Contains('$'));
        }

        return true;
    }

    private void ReadUntilQuote(char quote, bool verbatim, bool interpolated)
    {
        BlankTo(_at + 1);
        while (_at < _source.Length)
        {
            var doubled = _at + 1 < _source.Length && _source[_at] == _source[_at + 1];
            if ((Sees("\\") && !verbatim) || (Sees("\"") && verbatim && doubled) || (Sees("{") && interpolated && doubled))
            {
                BlankTo(_at + 2);
            }
            else if (Sees("{") && interpolated)
            {
                BlankTo(_at + 1);
                ReadCode(inHole: true);
                BlankTo(_at + 1);
            }
            else
            {
                var last = _source[_at] == quote;
                BlankTo(_at + 1);
                if (last)
                {
                    return;
                }
            }
        }
    }

    private bool Sees(string text) => string.CompareOrdinal(_source, _at, text, 0, text.Length) == 0;

    private bool IsFirstInLine() => _source.AsSpan(0, _at).TrimEnd(' ') is var before && (before.Length == 0 || before[^1] == '\n');

    private int After(string text) =>
        _source.IndexOf(text, _at, StringComparison.Ordinal) is >= 0 and var found ? found + text.Length : _source.Length + 1;

    private void BlankTo(int end)
    {
        for (; _at < Math.Min(end, _source.Length); _at++)
        {
            _kept[_at] = _source[_at] == '\n' ? '\n' : ' ';
        }
    }
}
