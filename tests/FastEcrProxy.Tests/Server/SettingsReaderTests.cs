using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

public sealed class SettingsReaderTests : IDisposable
{
    private const string EcrName = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

    private readonly TestFiles _files = new();

    [Fact]
    public void Flag_ComesBeforeEnvironmentBeforeFormerVariableBeforeFileBeforeDefault()
    {
        var file = _files.Write(
            "config.json", """{ "Cache": { "Size": "1g", "FreeSpace": "11g" }, "Aws": { "Region": "us-east-1" } }""");
        var everywhere = new SettingsInput
        {
            ConfigFile = file,
            Environment = Variables(("FEP_Cache__Size", "3g"), ("CACHE_MAX_SIZE", "2g"), ("AWS_REGION", "eu-west-1")),
            Flags = new Dictionary<string, string> { ["Cache.Size"] = "4g" },
        };

        var all = Read(everywhere);
        var withoutFlag = Read(everywhere with { Flags = new Dictionary<string, string>() });
        var formerAndFile = Read(everywhere with
        {
            Flags = new Dictionary<string, string>(),
            Environment = Variables(("CACHE_MAX_SIZE", "2g")),
        });
        var onlyFile = Read(new SettingsInput { ConfigFile = file });

        Assert.Equal(4L << 30, all.Cache.SizeBytes);
        Assert.Equal(3L << 30, withoutFlag.Cache.SizeBytes);
        Assert.Equal(2L << 30, formerAndFile.Cache.SizeBytes);
        Assert.Equal(1L << 30, onlyFile.Cache.SizeBytes);
        Assert.Equal(11L << 30, all.Cache.FreeSpaceBytes);
        Assert.Equal("eu-west-1", all.Ecr.Region);
        Assert.Equal(8, all.Cache.FetchConnections);
    }

    [Fact]
    public void AllThatIsWrong_IsSaidAtOnceWithItsSource()
    {
        var file = _files.Write(
            "config.json",
            """
            {
              // comments are fine, and so is a comma too many
              "$schema": "config.schema.json",
              "Cache": { "Size": "100 potatoes", "Sice": 1, },
              "Listen": { "Address": "registry:5000" },
              "Log": "json",
            }
            """);

        var result = SettingsReader.Read(new SettingsInput
        {
            ConfigFile = file,
            Environment = Variables(("FEP_Cache__FreeSpace", "-1"), ("FEP_Cache__Directry", "/x"), ("PORT", "http")),
            Flags = new Dictionary<string, string> { ["Upstream.Host"] = "docker.io", ["Log.Level"] = "loud" },
        });

        Assert.Null(result.Settings);
        Assert.Equal(
            [
                "FEP_Cache__Directry: unknown variable; did you mean FEP_Cache__Directory?",
                $"Cache.Sice: unknown key; did you mean Cache.Size? (from {file})",
                $"Log: unknown key; it is a section, write {{ \"Log\": {{ \"Format\": … }} }} (from {file})",
                "Upstream.Host = \"docker.io\": is not an ECR host name (123456789012.dkr.ecr.REGION.amazonaws.com); "
                    + "another registry needs Upstream.Endpoint (from --upstream)",
                "Listen.Address = \"http\": not an address to listen on; "
                    + "write 0.0.0.0:5000, [::]:5000, localhost:5000 or :5000; ports end at 65535 (from PORT)",
                $"Cache.Size = \"100 potatoes\": not a size from 1MiB up; write 100GiB, 75g or a number of bytes (from {file})",
                "Cache.FreeSpace = \"-1\": not a size; write 100GiB, 75g or a number of bytes (from FEP_Cache__FreeSpace)",
                "Log.Level = \"loud\": not one of trace, debug, information, info, warning, error, critical, none "
                    + "(from --log-level)",
            ],
            result.Errors.Select(error => error.ToString()));
    }

    [Theory]
    [InlineData("{ \"Cache\": { \"Size\": } }", "no JSON at line 1, column 22: ")]
    [InlineData("{\n\n  \"Cache\": {", "no JSON at line 3, column ")]
    [InlineData("[]", "no object; write ")]
    [InlineData("{ \"Cache\": { \"Size\": 1, \"size\": 2 } }", "Cache.Size stands there more than once; write it once")]
    [InlineData(" \n", "the file is empty; ")]
    public void FileThatIsNoJson_IsOneLineWithThePlace(string text, string expected)
    {
        var file = _files.Write("config.json", text);

        var error = Assert.Single(SettingsReader.Read(new SettingsInput { ConfigFile = file }).Errors).ToString();

        Assert.StartsWith($"--config = \"{file}\": ", error);
        Assert.Contains(expected, error);
        Assert.DoesNotContain("\n", error);
        Assert.DoesNotContain("LineNumber", error);
    }

    [Fact]
    public void FileThatIsNotThere_IsAnError()
    {
        var error = Assert.Single(SettingsReader.Read(new SettingsInput { ConfigFile = _files.PathOf("none.json") }).Errors);

        Assert.Equal($"--config = \"{_files.PathOf("none.json")}\": there is no such file", error.ToString());
    }

    [Fact]
    public void EmptyValues_CountAsNotGiven()
    {
        var file = _files.Write(
            "config.json",
            """{ "Cache": { "Size": null }, "Aws": {}, "Upstream": { "AllowedRedirectHosts": [] } }""");

        var settings = Read(new SettingsInput
        {
            ConfigFile = file, Environment = Variables(("FEP_Cache__Directory", ""), ("UPSTREAM", "")),
        });

        Assert.Equal(new FastEcrProxy.Cache.CacheOptions(), settings.Cache);
        Assert.Null(settings.Upstream.Host);
    }

    [Fact]
    public void EmptyTextsAndUnknownKeysInAFile_AreRefusedWhateverTheyHold()
    {
        var file = _files.Write(
            "config.json",
            """{ "Cache": { "FreeSpace": "", "Sizes": null }, "Upstream": { "Host": "" }, "Foo": {}, "Bar": [], "Log": "" }""");

        var errors = SettingsReader.Read(new SettingsInput { ConfigFile = file }).Errors.Select(error => error.ToString());

        Assert.Equal(
            [
                $"Bar: unknown key; docs/configuration.md lists them all (from {file})",
                $"Cache.FreeSpace: is empty; leave it out or give a value like 1GiB (from {file})",
                $"Cache.Sizes: unknown key; did you mean Cache.Size? (from {file})",
                $"Foo: unknown key; docs/configuration.md lists them all (from {file})",
                $"Log: unknown key; it is a section, write {{ \"Log\": {{ \"Format\": … }} }} (from {file})",
                $"Upstream.Host: is empty; leave it out or give a value (from {file})",
            ],
            errors);
    }

    [Fact]
    public void EmptyFlag_IsRefused()
    {
        var result = ReadFlag("Cache.Directory", "");

        Assert.Equal(
            "Cache.Directory = \"\": not a path; write /var/cache/fast-ecr-proxy (from --cache-dir)",
            Assert.Single(result.Errors).ToString());
    }

    [Fact]
    public void List_IsTakenWholeFromOneSource()
    {
        var file = _files.Write(
            "config.json", """{ "Upstream": { "AllowedRedirectHosts": ["a.example.com", "b.example.com", "c.example.com"] } }""");

        var fromFile = Read(new SettingsInput { ConfigFile = file });
        var byComma = Read(new SettingsInput
        {
            ConfigFile = file, Environment = Variables(("FEP_Upstream__AllowedRedirectHosts", "d:9000, [::1]:1")),
        });
        var byNumber = Read(new SettingsInput
        {
            ConfigFile = file,
            Environment = Variables(
                ("FEP_Upstream__AllowedRedirectHosts__10", "y"), ("FEP_Upstream__AllowedRedirectHosts__9", "x")),
        });

        Assert.Equal(["a.example.com", "b.example.com", "c.example.com"], fromFile.Upstream.AllowedRedirectHosts);
        Assert.Equal(["d:9000", "[::1]:1"], byComma.Upstream.AllowedRedirectHosts);
        Assert.Equal(["x", "y"], byNumber.Upstream.AllowedRedirectHosts);
    }

    [Fact]
    public void NamesInAnyCase_AreKnown()
    {
        var file = _files.Write(
            "config.json", """{ "cache": { "FREESPACE": 5 } }""");

        var settings = Read(new SettingsInput
        {
            ConfigFile = file, Environment = Variables(("FEP_CACHE__FETCHCONNECTIONS", "3")),
        });

        Assert.Equal(5, settings.Cache.FreeSpaceBytes);
        Assert.Equal(3, settings.Cache.FetchConnections);
    }

    [Fact]
    public void VariablesThatKubernetesAdds_AreNotTakenForOurs()
    {
        var environment = Variables(
            ("FEP_SERVICE_HOST", "10.0.0.1"), ("FEP_SERVICE_PORT_HTTP", "80"),
            ("FEP_PORT", "tcp://10.0.0.1:80"), ("FEP_PORT_80_TCP", "tcp://10.0.0.1:80"));

        Assert.Empty(SettingsReader.Read(new SettingsInput { Environment = environment }).Errors);
    }

    [Fact]
    public void PasswordInAnAddress_IsNotRepeated()
    {
        var result = ReadVariables(("FEP_Upstream__Endpoint", "https://user:hunter2@registry"));

        var error = Assert.Single(result.Errors).ToString();
        Assert.Contains("https://***@registry", error);
        Assert.DoesNotContain("hunter2", error);
    }

    [Fact]
    public void SamePortTwice_IsRefused()
    {
        var result = ReadFlag("Admin.Address", "127.0.0.1:5000");

        Assert.Equal(
            "Admin.Address = \"127.0.0.1:5000\": the same port as Listen.Address (0.0.0.0:5000); "
                + "write another one (from --admin)",
            Assert.Single(result.Errors).ToString());
    }

    [Fact]
    public void RegistryName_DecidesTheWayToAws()
    {
        var settings = Read(new SettingsInput
        {
            Environment = Variables(
                ("UPSTREAM", "https://123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/"), ("AWS_REGION", "us-east-1")),
        });

        Assert.Equal("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", settings.Upstream.Host!.RegistryName);
        Assert.Equal(("us-gov-west-1", true, false), (settings.Ecr.Region, settings.Ecr.Fips, settings.Ecr.DualStack));
        Assert.Equal(
            ["Aws.Region = us-east-1 (from AWS_REGION) is not used: the registry is in us-gov-west-1."], settings.Notices);
    }

    [Theory]
    [InlineData(null, null, null, null, true)]
    [InlineData(EcrName, null, null, null, true)]
    [InlineData(EcrName, "http://127.0.0.1:1", null, null, true)]
    [InlineData(EcrName, "http://127.0.0.1:1", "none", null, false)]
    [InlineData(null, "http://127.0.0.1:1", null, null, false)]
    [InlineData(null, "http://127.0.0.1:1", "ecr", null, true)]
    [InlineData(null, "http://127.0.0.1:1", null, "http://127.0.0.1:2", true)]
    [InlineData("registry.example.com", "https://registry.example.com", null, null, false)]
    public void WhatIsNamed_DecidesWhetherThereIsAToken(
        string? host, string? endpoint, string? auth, string? controlPlane, bool expected)
    {
        var settings = Read(new SettingsInput
        {
            Environment = Variables(
                ("FEP_Upstream__Host", host ?? ""),
                ("FEP_Upstream__Endpoint", endpoint ?? ""),
                ("FEP_Upstream__Auth", auth ?? ""),
                ("FEP_Aws__ControlPlane", controlPlane ?? "")),
        });

        Assert.Equal(expected, settings.Upstream.UsesEcrToken);
    }

    [Fact]
    public void EcrWithoutToken_IsRefused()
    {
        var result = ReadVariables(("FEP_Upstream__Host", EcrName), ("FEP_Upstream__Auth", "none"));

        Assert.Equal("Upstream.Auth", Assert.Single(result.Errors).Key);
    }

    [Fact]
    public void AdminAddressAlone_IsReadWhateverElseIsWrong()
    {
        var (address, error) = SettingsReader.ReadAdminAddress(
            new SettingsInput
            {
                Environment = Variables(("FEP_Nonsense", "1"), ("FEP_Cache__Size", "x"), ("FEP_Admin__Address", ":6001")),
            });

        Assert.Null(error);
        Assert.Equal("0.0.0.0:6001", address!.ToString());
    }

    [Fact]
    public void AdminAddressThatIsWrong_IsSaidAlone()
    {
        var (_, error) = SettingsReader.ReadAdminAddress(
            new SettingsInput { Environment = Variables(("FEP_Nonsense", "1"), ("FEP_Admin__Address", "x")) });

        Assert.Equal("Admin.Address", error!.Key);
    }

    [Fact]
    public void CacheDirectoryThatCannotBe_IsRefusedBeforeServing()
    {
        var inTheWay = _files.Write("file", "");
        var input = new SettingsInput
        {
            Flags = new Dictionary<string, string>
            {
                ["Cache.Directory"] = Path.Combine(inTheWay, "cache"),
                ["Listen.Address"] = "127.0.0.1:0",
                ["Admin.Address"] = "127.0.0.1:0",
            },
        };

        var toServe = SettingsReader.Read(input with { ToServe = true });
        var toCheck = SettingsReader.Read(input);

        Assert.StartsWith(
            $"Cache.Directory = \"{inTheWay}/cache\": cannot be written: ", Assert.Single(toServe.Errors).ToString());
        Assert.NotNull(toCheck.Settings);
    }

    public void Dispose() => _files.Dispose();

    private static ProxySettings Read(SettingsInput input)
    {
        var result = SettingsReader.Read(input);
        Assert.Empty(result.Errors);
        return result.Settings!;
    }

    private static SettingsResult ReadVariables(params (string Name, string Value)[] variables) =>
        SettingsReader.Read(new SettingsInput { Environment = Variables(variables) });

    private static SettingsResult ReadFlag(string key, string text) =>
        SettingsReader.Read(new SettingsInput { Flags = new Dictionary<string, string> { [key] = text } });

    private static Dictionary<string, string> Variables(params (string Name, string Value)[] variables) =>
        variables.ToDictionary(variable => variable.Name, variable => variable.Value);
}
