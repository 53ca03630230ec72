using Orleans.Serialization;

namespace Orleans.Messaging;

/// <summary>What waits for an answer of another silo.</summary>
internal abstract class PendingCall
{
    private volatile bool _written;

    /// <summary>Names it on its connection.</summary>
    public long Number { get; set; }

    /// <summary>Whether the other silo may have got it.</summary>
    public bool IsWritten => _written;

    /// <summary>Whether it goes out however many calls are unanswered: what it is for would be void otherwise.</summary>
    public virtual bool IsUrgent => false;

    public void NoteWritten() => _written = true;

    /// <summary>An answer has come.</summary>
    public abstract void Answered(FrameKind kind, WireReader reader);

    /// <summary>None will come.</summary>
    public abstract void Fail(Exception error);

    /// <summary>Whether nobody waits any more; an overdue call ends by that.</summary>
    public abstract bool IsOver(long now);
}
