namespace FastEcrProxy.Server;

/// <summary>The settings of what makes the clients' port HTTPS: certificates with their keys, and whose clients may show one.</summary>
internal static class TlsSettings
{
    /// <summary>Every pair that can be used; what is wrong with the others is kept.</summary>
    public static IReadOnlyList<ServerCertificate> Read(SettingValues values, bool tlsDemanded)
    {
        var certificateFiles = values.Get(ListenTable.Certificate) ?? [];
        var keyFiles = values.Get(ListenTable.Key) ?? [];
        if (tlsDemanded && !values.IsGiven(ListenTable.Certificate) && !values.IsGiven(ListenTable.Key))
        {
            values.Refuse(new SettingError(
                FormerVariables.EnableTls, "true", "needs REGISTRY_HTTP_TLS_CERTIFICATE and REGISTRY_HTTP_TLS_KEY"));
        }
        else if (values.IsGiven(ListenTable.Certificate) && !values.IsGiven(ListenTable.Key))
        {
            values.Refuse(ListenTable.Certificate, "needs its key: give Listen.Key too");
        }
        else if (values.IsGiven(ListenTable.Key) && !values.IsGiven(ListenTable.Certificate))
        {
            values.Refuse(ListenTable.Key, "needs its certificate: give Listen.Certificate too");
        }
        else if (certificateFiles.Count != keyFiles.Count)
        {
            values.Refuse(
                ListenTable.Key,
                $"{Count(keyFiles.Count, "key")} for {Count(certificateFiles.Count, "certificate")}; "
                + "give one for each, in the order of Listen.Certificate");
        }

        return certificateFiles.Count == keyFiles.Count
            ? [.. certificateFiles.Zip(keyFiles).Select(pair => Load(values, pair.First, pair.Second)).OfType<ServerCertificate>()]
            : [];
    }

    /// <summary>The CAs of clients' certificates; null where none are given, or not rightly.</summary>
    public static ClientAuthority? ReadClientAuthority(SettingValues values)
    {
        if (values.Get(ClientTable.CertificateAuthority) is not { } file)
        {
            return null;
        }

        if (!values.IsGiven(ListenTable.Certificate))
        {
            values.Refuse(ClientTable.CertificateAuthority, "has no use without TLS; give Listen.Certificate and Listen.Key");
            return null;
        }

        var (authority, problem, _) = ClientAuthority.Load(file);
        if (problem is not null)
        {
            values.Refuse(ClientTable.CertificateAuthority, problem);
        }

        return authority;
    }

    private static ServerCertificate? Load(SettingValues values, string certificateFile, string keyFile)
    {
        var (certificate, certificateProblem, keyProblem) = ServerCertificate.Load(certificateFile, keyFile);
        Refuse(values, ListenTable.Certificate, certificateFile, certificateProblem);
        Refuse(values, ListenTable.Key, keyFile, keyProblem);
        return certificate;
    }

    /// <summary>One of several files is named besides.</summary>
    private static void Refuse(SettingValues values, Setting<IReadOnlyList<string>> setting, string file, string? problem)
    {
        if (problem is not null)
        {
            values.Refuse(setting, values.Get(setting)!.Count == 1 ? problem : $"{file}: {problem}");
        }
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
}
