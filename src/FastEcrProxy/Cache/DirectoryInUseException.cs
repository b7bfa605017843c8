namespace FastEcrProxy.Cache;

/// <summary>The cache directory is another process's while that lives.</summary>
internal sealed class DirectoryInUseException() : IOException("used by another fast-ecr-proxy; give each one a directory of its own");
