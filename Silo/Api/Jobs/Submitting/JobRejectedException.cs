using Hearth.Api.Http;

namespace Hearth.Api.Jobs.Submitting;

/// <summary>A job in a request is not as it has to be.</summary>
internal sealed class JobRejectedException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;
}
