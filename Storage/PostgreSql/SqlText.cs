using System.Reflection;

namespace Hearth.Storage.PostgreSql;

/// <summary>The statements of <c>Sql/</c>, one in each file, by the file's name.</summary>
internal static class SqlText
{
    public static readonly string LockShards = Read("lock_shards");
    public static readonly string InsertJobs = Read("insert_jobs");
    public static readonly string InsertJobsWithOptions = Read("insert_jobs_with_options");
    public static readonly string InsertEnds = Read("insert_ends");
    public static readonly string InsertEndsWithErrors = Read("insert_ends_with_errors");
    public static readonly string InsertAttempts = Read("insert_attempts");
    public static readonly string InsertNotes = Read("insert_notes");
    public static readonly string InsertLeases = Read("insert_leases");
    public static readonly string InsertKeys = Read("insert_keys");
    public static readonly string InsertPermits = Read("insert_permits");
    public static readonly string InsertPosts = Read("insert_posts");
    public static readonly string StoredRows = Read("stored_rows");
    public static readonly string Clock = Read("clock");
    public static readonly string ServerCheck = Read("server_check");

    public static readonly string ClaimFormer = Read("claim_former");
    public static readonly string ClaimMake = Read("claim_make");
    public static readonly string ClaimMark = Read("claim_mark");
    public static readonly string ClaimLock = Read("claim_lock");
    public static readonly string ClaimRaise = Read("claim_raise");
    public static readonly string ClaimLast = Read("claim_last");
    public static readonly string ClaimTerminate = Read("claim_terminate");
    public static readonly string Release = Read("release");
    public static readonly string Shards = Read("shards");
    public static readonly string ShardKey = Read("shard_key");
    public static readonly string ShardNumber = Read("shard_number");

    public static readonly string CheckpointPart = Read("checkpoint_part");
    public static readonly string CheckpointComplete = Read("checkpoint_complete");
    public static readonly string CheckpointForget = Read("checkpoint_forget");
    public static readonly string CheckpointHead = Read("checkpoint_head");
    public static readonly string CheckpointRead = Read("checkpoint_read");
    public static readonly string RecoverAfter = Read("recover_after");
    public static readonly string RecoverListed = Read("recover_listed");
    public static readonly string RecoverInbox = Read("recover_inbox");
    public static readonly string EndedBetween = Read("ended_between");
    public static readonly string EndedListed = Read("ended_listed");
    public static readonly string AttemptsBetween = Read("attempts_between");
    public static readonly string AttemptsListed = Read("attempts_listed");

    public static readonly string ByKey = Read("by_key");
    public static readonly string ReadJobs = Read("read_jobs");
    public static readonly string FindKeys = Read("find_keys");
    public static readonly string FindEnd = Read("find_end");
    public static readonly string ListJobs = Read("list_jobs");
    public static readonly string ListEnds = Read("list_ends");
    public static readonly string Views = Read("views");
    public static readonly string Attempts = Read("attempts");
    public static readonly string Leases = Read("leases");
    public static readonly string Permits = Read("permits");
    public static readonly string PermitsForget = Read("permits_forget");
    public static readonly string Note = Read("note");
    public static readonly string Notes = Read("notes");

    public static readonly string InboxNew = Read("inbox_new");
    public static readonly string InboxStored = Read("inbox_stored");
    public static readonly string InboxWaiting = Read("inbox_waiting");

    public static readonly string Submit = Read("submit");
    public static readonly string SubmitShard = Read("submit_shard");
    public static readonly string Days = Read("days");
    public static readonly string DayMake = Read("day_make");
    public static readonly string DayDrop = Read("day_drop");
    public static readonly string KeysDrop = Read("keys_drop");
    public static readonly string Forget = Read("forget");
    public static readonly string JobDelete = Read("job_delete");
    public static readonly string MaintainPatiently = Read("maintain_patiently");

    public static readonly string GrainRead = Read("grain_read");
    public static readonly string GrainInsert = Read("grain_insert");
    public static readonly string GrainUpdate = Read("grain_update");
    public static readonly string GrainClear = Read("grain_clear");
    public static readonly string GrainList = Read("grain_list");

    public static readonly string ScheduleCreate = Read("schedule_create");
    public static readonly string ScheduleFind = Read("schedule_find");
    public static readonly string ScheduleList = Read("schedule_list");
    public static readonly string ScheduleDue = Read("schedule_due");
    public static readonly string ScheduleChange = Read("schedule_change");
    public static readonly string ScheduleDelete = Read("schedule_delete");
    public static readonly string ScheduleRuns = Read("schedule_runs");
    public static readonly string ScheduleRunByKey = Read("schedule_run_by_key");
    public static readonly string ScheduleForgetRuns = Read("schedule_forget_runs");
    public static readonly string ScheduleOpen = Read("schedule_open");

    public static readonly string SiloForget = Read("silo_forget");
    public static readonly string SiloSupersede = Read("silo_supersede");
    public static readonly string SiloRegister = Read("silo_register");
    public static readonly string SiloHolder = Read("silo_holder");
    public static readonly string SiloRenew = Read("silo_renew");
    public static readonly string SiloRead = Read("silo_read");
    public static readonly string SiloDrain = Read("silo_drain");
    public static readonly string SiloRefuse = Read("silo_refuse");
    public static readonly string SiloDeclare = Read("silo_declare");
    public static readonly string SiloLeave = Read("silo_leave");

    /// <summary>The text of a file of this folder, such as <c>Sql.clock</c>.</summary>
    public static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Hearth.Storage.PostgreSql.{name}.sql")
            ?? throw new InvalidOperationException($"{name}.sql is not part of this build.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string Read(string name) => Resource("Sql." + name);
}
