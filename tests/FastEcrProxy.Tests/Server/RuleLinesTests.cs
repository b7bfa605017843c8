using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

public sealed class RuleLinesTests
{
    public static TheoryData<string, string> Rules => new()
    {
        {
            $"\"Registries\": [\"{RuleFile.Eu}\"]",
            $"rule: every request -> eu-central-1 ({RuleFile.Eu}, ECR token); no pushes"
        },
        {
            $$"""
            "Name": "team", "Match": { "Host": "registry.example.com", "Prefix": "team" }, "StripPrefix": "team", "AddPrefix": "prod",
            "Registries": [
              { "Name": "eu", "Host": "{{RuleFile.Eu}}" },
              { "Name": "west", "Host": "{{RuleFile.West}}", "Endpoint": "https://vpce.example.com", "Aws": { "Profile": "west" } } ],
            "Order": "Latency", "Tags": "PreferPrimary", "Primary": "west", "Push": true, "CreateRepositories": true,
            "RedirectClients": ["10.0.0.0/8", "192.0.2.0/24"]
            """,
            $"rule team: host registry.example.com, team/… -> eu ({RuleFile.Eu}, ECR token), "
                + $"west ({RuleFile.West} at https://vpce.example.com, ECR token as profile west), the fastest first; "
                + "team/<name> is prod/<name> there; tags from west first; pushes go to west; "
                + "repositories that are missing there are made; "
                + "clients in 10.0.0.0/8, 192.0.2.0/24 fetch layers that are not in the cache from the layer store"
        },
        {
            """
            "Shape": "ByAccount", "Match": { "Accounts": ["123456789012", "210987654321"] }, "AddPrefix": "x",
            "Registries": ["{account}.dkr.ecr.eu-central-1.amazonaws.com"]
            """,
            "rule: 123456789012 or 210987654321/… -> eu-central-1 ({account}.dkr.ecr.eu-central-1.amazonaws.com, ECR token); "
                + "<name> is x/<name> there; no pushes"
        },
        {
            """
            "Shape": "ByAccount", "Match": { "Prefix": "team" },
            "Registries": ["{account}.dkr.ecr.eu-central-1.amazonaws.com"]
            """,
            "rule: <account>/team/… -> eu-central-1 ({account}.dkr.ecr.eu-central-1.amazonaws.com, ECR token); no pushes"
        },
        {
            "\"Shape\": \"ByNamespace\", \"Match\": { \"Namespaces\": [\"docker.io\", \"*.example.com\"] }, \"Push\": true",
            "rule: ns docker.io or *.example.com -> the registry that ns names (ECR token, where it is ECR); pushes go to that registry"
        },
        {
            """
            "Registries": [
              { "Name": "edge", "Endpoint": "https://edge.example.com", "User": "ci", "Password": "hunter2" },
              "public.ecr.aws", "ghcr.io", { "Host": "public.ecr.aws", "Auth": "ecr-public" },
              { "Endpoint": "http://127.0.0.1:5", "Auth": "none" } ],
            "RedirectClients": ["10.0.0.0/8"], "RedirectCached": true
            """,
            "rule: every request -> edge (https://edge.example.com, user ci), public.ecr.aws (https://public.ecr.aws, anonymous), "
                + "ghcr.io (https://ghcr.io, anonymous), public.ecr.aws-2 (https://public.ecr.aws, ECR Public token), "
                + "127.0.0.1-5 (http://127.0.0.1:5, no login); no pushes; clients in 10.0.0.0/8 fetch all layers from the layer store"
        },
    };

    [Theory, MemberData(nameof(Rules))]
    public void Rule_IsOneLineForPeople(string rule, string expected)
    {
        var line = Assert.Single(RuleLines.Of([RuleFile.Rule(rule)]));

        Assert.Equal((CheckVerdict.Well, expected), (line.Verdict, line.Text));
    }
}
