using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Http;

/// <summary>A question about a manifest as far as it decides the answer: who asks the same at the same time shares one.</summary>
/// <param name="To">Whom, and where.</param>
/// <param name="Reference">Tag or digest.</param>
/// <param name="Accept">What the client accepts: by tag, ECR converts to it.</param>
/// <param name="HeadOnly">Whether the bytes are not wanted.</param>
internal readonly record struct ManifestQuestion(Destination To, Reference Reference, AcceptHeader Accept, bool HeadOnly);
