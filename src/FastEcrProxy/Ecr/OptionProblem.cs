namespace FastEcrProxy.Ecr;

/// <summary>What is wrong with an option that somebody has written down.</summary>
/// <param name="Member">Which one: the last part of its key.</param>
/// <param name="Sentence">Goes on from "key = value", without a full stop.</param>
internal sealed record OptionProblem(string Member, string Sentence);
