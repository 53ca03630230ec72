using Hearth.Api.Http;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs;

/// <summary><c>GET /v1/jobs/{id}/log</c>: the lines that a job's attempts have logged, as they are stored with their ends.</summary>
internal sealed class JobLogEndpoint(IJobStore store)
{
    public Task ShowAsync(HttpContext http) => JobRoute.AnswerAsync(http, async id =>
    {
        if (await store.FindAsync(id, http.RequestAborted) is null)
            return JobRoute.Unknown(http);
        var notes = (await store.HistoryAsync(id, http.RequestAborted)).Notes;
        var logs = notes.Where(note => note.Kind == NoteKind.Log).OrderBy(note => note.Attempt).Select(Document);
        return await Resource.WriteAsync(http, new JobLogDocument([.. logs]), StatusCodes.Status200OK);
    });

    private static AttemptLogDocument Document(JobNoteRow note)
    {
        var log = AttemptLog.Read(note.Text);
        return new AttemptLogDocument(note.Attempt, note.At, log.Dropped, [.. log.Lines.Select(line => new LogLineDocument(line.At, line.Text))]);
    }
}

/// <summary>What the attempts of a job have logged.</summary>
/// <param name="Attempts">Those that logged something and have ended, the last ten, oldest first.</param>
internal sealed record JobLogDocument(IReadOnlyList<AttemptLogDocument> Attempts);

/// <param name="Attempt">The attempt's number.</param>
/// <param name="At">When its end was stored.</param>
/// <param name="Dropped">Lines before these that were not kept.</param>
/// <param name="Lines">Oldest first.</param>
internal sealed record AttemptLogDocument(int Attempt, DateTimeOffset At, int Dropped, IReadOnlyList<LogLineDocument> Lines);

/// <param name="At">When it was logged.</param>
/// <param name="Text">The line.</param>
internal sealed record LogLineDocument(DateTimeOffset At, string Text);
