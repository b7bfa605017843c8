using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace FastEcrProxy.Clients;

/// <summary>
/// What an ECR token says of itself: it is Base64 of JSON with <c>expiration</c> in it, beside what only AWS can read. Nothing of
/// it is signed for us, so it may shorten what is believed of a token and never lengthen it; AWS documents none of it.
/// </summary>
internal static class EcrTokenText
{
    /// <summary>Longer ones are none; today's have under 5000 characters.</summary>
    public const int LengthMax = 8 << 10;

    private const long SecondsMost = 253_402_300_799; // the last second of the year 9999

    /// <summary>When it ends by its own word; null where it does not say.</summary>
    public static DateTimeOffset? EndOf(string token)
    {
        if (token.Length > LengthMax)
        {
            return null;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(token.Length);
        try
        {
            var length = Encoding.ASCII.GetBytes(token, bytes);
            return Base64.DecodeFromUtf8InPlace(bytes.AsSpan(0, length), out var decoded) is OperationStatus.Done
                ? Expiration(bytes.AsSpan(0, decoded))
                : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        }
    }

    private static DateTimeOffset? Expiration(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                var isIt = reader.CurrentDepth == 1 && reader.TokenType is JsonTokenType.PropertyName
                    && reader.ValueTextEquals("expiration"u8);
                if (isIt)
                {
                    return reader.Read() && reader.TokenType is JsonTokenType.Number && reader.TryGetInt64(out var seconds)
                        && seconds is >= 0 and <= SecondsMost
                        ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                        : null;
                }
            }
        }
        catch (JsonException)
        {
            // Some other text: it says nothing that is understood here.
        }

        return null;
    }
}
