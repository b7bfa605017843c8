using System.Net;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Clients;

/// <summary>Who may do what. Without any rule whoever is let in may do everything; with one, only what some rule says.</summary>
internal sealed class AccessRules(IReadOnlyList<AccessRule> rules)
{
    public bool Any => rules.Count > 0;

    /// <summary>Whether a caller may do something with a repository.</summary>
    public bool Allow(Caller caller, IPAddress address, Repository repository, ClientAction action) =>
        !Any || rules.Any(rule => rule.Actions.Contains(action) && rule.IsFor(caller, address) && rule.IsAbout(repository.ToString()));

    /// <summary>Whether a caller may do something that is about no repository.</summary>
    public bool Allow(Caller caller, IPAddress address, ClientAction action) =>
        !Any || rules.Any(rule => rule.Actions.Contains(action) && rule.IsFor(caller, address));

    /// <summary>Whether a caller may know that a repository is there: who may do anything with it may.</summary>
    public bool AllowToKnow(Caller caller, IPAddress address, Repository repository) =>
        !Any || rules.Any(rule => OfRepositories(rule) && rule.IsFor(caller, address) && rule.IsAbout(repository.ToString()));

    private static bool OfRepositories(AccessRule rule) =>
        rule.Actions.Any(action => action is ClientAction.Pull or ClientAction.Push or ClientAction.Delete);
}
