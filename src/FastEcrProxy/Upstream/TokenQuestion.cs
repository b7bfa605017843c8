namespace FastEcrProxy.Upstream;

/// <summary>What a token service is asked for. Equal ones are answered with tokens that are good for the same.</summary>
/// <remarks>Form: the distribution token specification.</remarks>
/// <param name="Realm">Where it is: checked.</param>
/// <param name="Service">What the registry is called there, or null.</param>
/// <param name="Scope">What the token is for, several joined by blanks; may be empty.</param>
internal sealed record TokenQuestion(Uri Realm, string? Service, string Scope)
{
    /// <summary>The realm's own query, then <c>service</c>, and one <c>scope</c> for each.</summary>
    public string PathAndQuery
    {
        get
        {
            var parts = new List<string>();
            if (Realm.Query.Length > 1)
            {
                parts.Add(Realm.Query[1..]);
            }

            if (Service is not null)
            {
                parts.Add("service=" + Uri.EscapeDataString(Service));
            }

            foreach (var scope in Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                parts.Add("scope=" + Uri.EscapeDataString(scope));
            }

            return Realm.AbsolutePath + (parts.Count == 0 ? "" : "?" + string.Join('&', parts));
        }
    }

    public override string ToString() => Scope.Length == 0 ? "a token" : $"a token for {Scope}";
}
