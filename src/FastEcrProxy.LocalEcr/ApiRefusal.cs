namespace FastEcrProxy.LocalEcr;

/// <summary>An error of the AWS API: the exception's name, and what it says.</summary>
internal sealed record ApiRefusal(string Type, string Message, int Status = 400);
