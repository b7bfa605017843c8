using System.Text;
using FastEcrProxy.Oci;
using Microsoft.Extensions.Primitives;

namespace FastEcrProxy.Http;

/// <summary>What a client accepts, as it wrote it and as a key. Two that mean the same are equal.</summary>
internal sealed class AcceptHeader : IEquatable<AcceptHeader>
{
    public AcceptHeader(StringValues values)
    {
        // A media type is ASCII; anything else would break the request upstream and look like the registry's fault.
        Values = [.. values.OfType<string>().Where(static type => Ascii.IsValid(type))];
        Key = AcceptKey.From(Values);
    }

    /// <summary>As they came, one for each line.</summary>
    public IReadOnlyList<string> Values { get; }

    public AcceptKey Key { get; }

    public bool Equals(AcceptHeader? other) => other is not null && Key == other.Key;

    public override bool Equals(object? obj) => Equals(obj as AcceptHeader);

    public override int GetHashCode() => Key.GetHashCode();
}
