using CsCheck;
using FastEcrProxy.Cache;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Cache;

public sealed class EntryTableTests
{
    private const int Keys = 40;

    // Every second one has the hash of the one before it.
    private static readonly DigestKey[] Key = [.. Enumerable.Range(0, Keys).Select(static i => Parse($"{i / 2:x16}{i:x48}"))];

    private static readonly Gen<(bool IsAdded, int Key)[]> Plays = Gen.Select(Gen.Bool, Gen.Int[0, Keys - 1]).Array[0, 300];

    [Fact]
    public void AnyPlay_IsADictionary() => Plays.Sample(steps =>
    {
        var table = new EntryTable();
        var model = new Dictionary<int, int>();
        foreach (var (isAdded, key) in steps)
        {
            if (isAdded && !model.ContainsKey(key))
            {
                model[key] = table.Add(Key[key]);
            }
            else if (!isAdded && model.Remove(key, out var slot))
            {
                table.Remove(slot);
            }

            Assert.Equal(model.Count, table.Count);
            Assert.Equal(Enumerable.Range(0, Keys).Select(k => model.GetValueOrDefault(k, EntryTable.None)), Key.Select(table.Find));
        }

        Assert.Equal(model.Count, model.Values.Distinct().Count());
        Assert.All(model, entry => Assert.Equal(Key[entry.Key], table[entry.Value].Key));
    });

    [Fact]
    public void ThousandsOfEntries_AreFoundWhereTheyWerePut()
    {
        var table = new EntryTable();
        var keys = Enumerable.Range(0, 10_000).Select(static i => DigestKey.Of(Digest.Of(BitConverter.GetBytes(i)))).ToArray();

        var slots = keys.Select(table.Add).ToArray();

        Assert.Equal(slots, keys.Select(table.Find));
        Assert.Equal(EntryTable.None, table.Find(Parse(new string('0', 64))));
    }

    [Fact]
    public void PlaceOfARemovedEntry_IsUsedAgain()
    {
        var table = new EntryTable();
        var slot = table.Add(Key[0]);
        table.Add(Key[1]);
        table[slot].Size = 1;
        table.Remove(slot);

        Assert.Equal(slot, table.Add(Key[2]));
        Assert.Equal(0, table[slot].Size);
    }

    private static DigestKey Parse(string hex)
    {
        Assert.True(DigestKey.TryParse("sha256:" + hex, out var key));
        return key;
    }
}
