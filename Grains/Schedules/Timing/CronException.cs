using Hearth.Jobs;

namespace Hearth.Schedules;

/// <summary>An expression cannot be read; never leaves <see cref="CronExpression.Parse"/>.</summary>
internal sealed class CronException(JobMistake mistake) : Exception(mistake.Detail)
{
    public JobMistake Mistake => mistake;
}
