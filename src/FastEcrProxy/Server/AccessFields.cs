namespace FastEcrProxy.Server;

/// <summary>Every setting of a rule that says who may do what, once, by its key within the rule.</summary>
internal static class AccessFields
{
    public static readonly Setting<IReadOnlyList<string>> Names = new("Names", RuleFormats.Texts)
    {
        Otherwise = "everybody, as far as Groups and Networks agree",
        Meaning = "Callers, * for any part of a name; who does not have to say who they are is called anonymous.",
    };

    public static readonly Setting<IReadOnlyList<string>> Groups = new("Groups", RuleFormats.Texts)
    {
        Otherwise = "callers of any group or none",
        Meaning = "Callers who belong to one of these, * for any part of a group's name.",
    };

    public static readonly Setting<IReadOnlyList<string>> Networks = new("Networks", SettingFormats.Networks)
    {
        Otherwise = "callers from anywhere",
        Meaning = "Callers whose address is in one of these networks.",
    };

    public static readonly Setting<IReadOnlyList<string>> Repositories = new("Repositories", RuleFormats.Texts)
    {
        Otherwise = "every repository",
        Meaning = "Repositories as clients name them, * for any part, slashes too: team/*.",
    };

    public static readonly Setting<IReadOnlyList<string>> Actions = new("Actions", RuleFormats.Texts)
    {
        Default = "pull",
        Meaning =
            "What they may do: pull, push, delete, catalog (see the names of all repositories), admin (see metrics), or all, which is "
            + "pull, push and delete where Repositories are given.",
    };

    public static ObjectList List { get; } = new(
        "Clients.Rules",
        "Who may do what; once there is one, nobody may do anything that none of them says.",
        [Names, Groups, Networks, Repositories, Actions],
        "{ \"Names\": [\"ci-*\"], \"Repositories\": [\"team/*\"], \"Actions\": [\"pull\", \"push\"] }");
}
