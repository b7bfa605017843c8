using FastEcrProxy.Oci;

namespace FastEcrProxy.Http;

/// <summary>A question about a manifest as far as it decides the answer: who asks the same at the same time shares one.</summary>
/// <param name="Repository">Where.</param>
/// <param name="Reference">Tag or digest.</param>
/// <param name="Accept">What the client accepts: by tag, ECR converts to it.</param>
/// <param name="HeadOnly">Whether the bytes are not wanted.</param>
internal readonly record struct ManifestQuestion(Repository Repository, Reference Reference, AcceptHeader Accept, bool HeadOnly);
