-- Tables of Hearth. Insert-only on the path of a job: nothing there is updated or deleted.
-- An id tells its shard (JobId), so (shard, id) is the only key of a job and its only index. Columns stand in an order that needs no
-- padding; those that are mostly null come last and cost a bit each.

CREATE TABLE hearth.shard (
    id             int    GENERATED ALWAYS AS IDENTITY (MAXVALUE 20000) PRIMARY KEY,
    epoch          bigint NOT NULL DEFAULT 0,
    inbox_position bigint NOT NULL DEFAULT 0,
    parts          int    NOT NULL DEFAULT 0,
    last_id        uuid,
    up_to          uuid,
    checkpoint     uuid,
    key            text   NOT NULL UNIQUE CHECK (key <> ''),
    owner          text,
    session        text,
    CHECK ((checkpoint IS NULL) = (up_to IS NULL))
) WITH (fillfactor = 50);
COMMENT ON COLUMN hearth.shard.owner IS 'Null after a clean end.';
COMMENT ON COLUMN hearth.shard.session IS 'application_name of the owner''s sessions: what a claim may terminate.';
COMMENT ON COLUMN hearth.shard.last_id IS 'The highest id among jobs that were forgotten, where none above it is left.';
COMMENT ON COLUMN hearth.shard.checkpoint IS 'The last complete one in shard_checkpoint, with so many parts.';

CREATE TABLE hearth.shard_checkpoint (
    shard    int   NOT NULL,
    part     int   NOT NULL,
    checksum int   NOT NULL,
    number   uuid  NOT NULL,
    ids      bytea NOT NULL CHECK (length(ids) % 16 = 0),
    PRIMARY KEY (shard, number, part)
);

CREATE TABLE hearth.job (
    id           uuid NOT NULL,
    shard        int  NOT NULL,
    checksum     int  NOT NULL,
    due_at       timestamptz,
    expires_at   timestamptz,
    priority     smallint CHECK (priority BETWEEN 1 AND 5),
    function     text  NOT NULL,
    content_type text,
    input        bytea NOT NULL,
    options      json,
    tags         text[],
    PRIMARY KEY (shard, id)
) PARTITION BY RANGE (id);
COMMENT ON COLUMN hearth.job.content_type IS 'Null: application/json.';
COMMENT ON COLUMN hearth.job.priority IS 'Null: 3.';
COMMENT ON COLUMN hearth.job.options IS 'As text, not jsonb: the checksum is over its bytes.';

CREATE TABLE hearth.job_end (
    id           uuid        NOT NULL,
    ended_at     timestamptz NOT NULL,
    started_at   timestamptz,
    shard        int         NOT NULL,
    checksum     int         NOT NULL,
    attempt      int         NOT NULL,
    state        smallint    NOT NULL CHECK (state BETWEEN 5 AND 7),
    content_type text,
    result       bytea       NOT NULL,
    error        text,
    error_type   text,
    PRIMARY KEY (shard, id)
) PARTITION BY RANGE (id);
COMMENT ON COLUMN hearth.job_end.state IS '5 succeeded, 6 failed, 7 cancelled.';
COMMENT ON COLUMN hearth.job_end.content_type IS 'Empty: application/json. Null: there is none. After an equals sign: as it is.';

CREATE TABLE hearth.job_attempt (
    id         uuid        NOT NULL,
    at         timestamptz NOT NULL,
    shard      int         NOT NULL,
    attempt    int         NOT NULL CHECK (attempt > 0),
    started_at timestamptz,
    retry_at   timestamptz,
    kind       smallint    NOT NULL CHECK (kind BETWEEN 1 AND 3),
    error      text,
    error_type text,
    PRIMARY KEY (shard, id, attempt, kind)
) PARTITION BY RANGE (id);
COMMENT ON COLUMN hearth.job_attempt.kind IS '1 started, 2 returned, 3 failed.';

CREATE TABLE hearth.job_note (
    id      uuid        NOT NULL,
    at      timestamptz NOT NULL,
    shard   int         NOT NULL,
    number  int         NOT NULL CHECK (number > 0),
    attempt int         NOT NULL,
    kind    smallint    NOT NULL CHECK (kind BETWEEN 1 AND 3),
    text    text        NOT NULL,
    PRIMARY KEY (shard, id, number)
) PARTITION BY RANGE (id);
COMMENT ON COLUMN hearth.job_note.kind IS '1 progress, 2 log, 3 heartbeat.';

CREATE TABLE hearth.job_key (
    id        uuid     NOT NULL,
    shard     int      NOT NULL,
    count     int      NOT NULL,
    kind      smallint NOT NULL CHECK (kind BETWEEN 1 AND 2),
    hash      bytea    NOT NULL,
    body_hash bytea    NOT NULL,
    PRIMARY KEY (shard, kind, hash, id)
) PARTITION BY RANGE (id);
COMMENT ON COLUMN hearth.job_key.kind IS '1 idempotency, 2 unique.';

CREATE TABLE hearth.job_lease (
    id      uuid        NOT NULL,
    until   timestamptz NOT NULL,
    shard   int         NOT NULL,
    number  int         NOT NULL CHECK (number > 0),
    attempt int         NOT NULL,
    worker  text        NOT NULL,
    PRIMARY KEY (shard, id, number)
) PARTITION BY RANGE (id);

-- Submissions made inside other transactions. A reader goes on from the oldest transaction that was still running when it last read.
CREATE TABLE hearth.inbox (
    id           uuid NOT NULL,
    xid          xid8 NOT NULL DEFAULT pg_current_xact_id(),
    shard        int  NOT NULL,
    checksum     int,
    due_at       timestamptz,
    expires_at   timestamptz,
    priority     smallint CHECK (priority BETWEEN 1 AND 5),
    function     text  NOT NULL,
    content_type text,
    input        bytea NOT NULL,
    options      json,
    tags         text[],
    PRIMARY KEY (shard, xid, id)
) PARTITION BY RANGE (id);
CREATE INDEX ON hearth.inbox (xid);
COMMENT ON COLUMN hearth.inbox.checksum IS 'Null: submitted in SQL, which cannot reckon it.';

CREATE TABLE hearth.grain_state (
    grain   text  NOT NULL,
    name    text  NOT NULL,
    etag    text  NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (grain, name)
) WITH (fillfactor = 80);

-- Large payloads: lz4 where this server has it (its own default is slower). Small ones are not compressed at all.
DO $$
DECLARE
    c record;
BEGIN
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        FOR c IN SELECT * FROM (VALUES ('job', 'input'), ('job_end', 'result'), ('inbox', 'input')) AS v (t, col) LOOP
            EXECUTE format('ALTER TABLE hearth.%I ALTER COLUMN %I SET COMPRESSION lz4', c.t, c.col);
        END LOOP;
    END IF;
END $$;

CREATE TABLE hearth.job_default PARTITION OF hearth.job DEFAULT;
CREATE TABLE hearth.job_end_default PARTITION OF hearth.job_end DEFAULT;
CREATE TABLE hearth.job_attempt_default PARTITION OF hearth.job_attempt DEFAULT;
CREATE TABLE hearth.job_note_default PARTITION OF hearth.job_note DEFAULT;
CREATE TABLE hearth.job_key_default PARTITION OF hearth.job_key DEFAULT;
CREATE TABLE hearth.job_lease_default PARTITION OF hearth.job_lease DEFAULT;
CREATE TABLE hearth.inbox_default PARTITION OF hearth.inbox DEFAULT;

-- Those of the shards for whom another epoch holds by now. Inlined into the statements of a batch, which hold these shards' rows.
CREATE FUNCTION hearth.refused(shards int[], epochs bigint[]) RETURNS SETOF int LANGUAGE sql STABLE AS $$
    SELECT w.shard
    FROM unnest(shards, epochs) AS w (shard, epoch)
    WHERE NOT EXISTS (SELECT FROM hearth.shard AS s WHERE s.id = w.shard AND s.epoch = w.epoch)
$$;

-- Submitting from other applications' transactions. They need USAGE on the schema and EXECUTE on these two, and no more.

-- The number of a shard, which is made where it is not there.
CREATE FUNCTION hearth.shard_number(shard_key text) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    number int;
BEGIN
    SELECT s.id INTO number FROM hearth.shard AS s WHERE s.key = shard_key;
    IF number IS NULL THEN
        INSERT INTO hearth.shard (key) VALUES (shard_key) ON CONFLICT (key) DO NOTHING;
        SELECT s.id INTO number FROM hearth.shard AS s WHERE s.key = shard_key;
    END IF;
    RETURN number;
END $$;

-- Submits a job if and only if the caller's transaction commits. Key of a shard: pool/queue/number, such as default/mail/0.
CREATE FUNCTION hearth.submit(
    shard_key text, function text, input bytea, content_type text DEFAULT 'application/json', priority int DEFAULT 3,
    due_at timestamptz DEFAULT NULL, expires_at timestamptz DEFAULT NULL, tags text[] DEFAULT NULL, options json DEFAULT NULL,
    id uuid DEFAULT NULL, checksum int DEFAULT NULL)
    RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    number int := hearth.shard_number(shard_key);
    chance text := replace(gen_random_uuid()::text, '-', '');
BEGIN
    IF number IS NULL THEN
        RAISE EXCEPTION 'the shard % was made by another transaction that this one cannot see', shard_key USING ERRCODE = 'serialization_failure';
    END IF;
    -- 48 bits of milliseconds, version 7, 30 bits of chance of which the highest is set, the shard, 20 bits of chance: see JobId.
    id := coalesce(id, (
        lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
        || '7' || to_hex(2048 | (('x0' || substr(chance, 1, 3))::bit(16)::int & 2047))
        || to_hex(524288 | (('x000' || substr(chance, 4, 5))::bit(32)::int & 262143))
        || lpad(to_hex(number), 6, '0') || substr(chance, 18, 5))::uuid);
    INSERT INTO hearth.inbox (id, shard, checksum, due_at, expires_at, priority, function, content_type, input, options, tags)
    VALUES (id, number, checksum, due_at, expires_at, nullif(priority, 3), function, nullif(content_type, 'application/json'), input, options, tags);
    PERFORM pg_notify('hearth_inbox', number::text);
    RETURN id;
END $$;

-- What maintains the partitions. These run with the rights of the tables' owner, whoever calls them; each is one transaction, takes its
-- locks within 200 ms or fails (try again), and does nothing while another silo is at it.

-- The first id of a day: its milliseconds since 1970 in the highest 48 bits.
CREATE FUNCTION hearth.first_id(day date) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT (lpad(to_hex((day - DATE '1970-01-01') * 86400000::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- In the order in which a batch writes to them, so that locks are taken in the same.
CREATE FUNCTION hearth.daily_tables() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY['job', 'job_key', 'job_end', 'job_attempt', 'job_note', 'job_lease', 'inbox']
$$;

-- Keys are asked for up to this time after their job was accepted, also when it has been forgotten (JobLimits.UniqueWithinMax).
CREATE FUNCTION hearth.key_window() RETURNS interval LANGUAGE sql IMMUTABLE AS $$
    SELECT interval '7 days'
$$;

CREATE FUNCTION hearth.days(parent regclass) RETURNS SETOF date LANGUAGE sql STABLE AS $$
    SELECT to_date(right(c.relname, 8), 'YYYYMMDD')
    FROM pg_inherits AS i
    JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = parent AND c.relname ~ '_[0-9]{8}$'
    ORDER BY 1
$$;

-- Makes a day's partitions, all or none: standing alone and then attached, which holds nobody up.
-- False: another is at it, or the day has rows in the default partitions already and stays there.
CREATE FUNCTION hearth.day_make(day date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    t text;
BEGIN
    IF day IS NULL OR abs(day - (now() AT TIME ZONE 'UTC')::date) > 31 THEN
        RAISE EXCEPTION 'not a day to make partitions for: %', day USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT pg_try_advisory_xact_lock(1213355081) THEN
        RETURN false;
    END IF;
    FOREACH t IN ARRAY hearth.daily_tables() LOOP
        CONTINUE WHEN to_regclass(format('hearth.%s_%s', t, to_char(day, 'YYYYMMDD'))) IS NOT NULL;
        EXECUTE format('CREATE TABLE hearth.%1$s_%2$s (LIKE hearth.%1$s INCLUDING ALL)', t, to_char(day, 'YYYYMMDD'));
        EXECUTE format(
            'ALTER TABLE hearth.%1$s ATTACH PARTITION hearth.%1$s_%2$s FOR VALUES FROM (%3$L) TO (%4$L)',
            t, to_char(day, 'YYYYMMDD'), hearth.first_id(day), hearth.first_id(day + 1));
    END LOOP;
    RETURN true;
EXCEPTION WHEN check_violation THEN
    RETURN false;
END $$;

-- Drops a day's partitions, those of keys aside. What is still open, or has ended too lately, goes to the default partitions in the same transaction.
-- Returns how many jobs that were; null: another is at it; -1 - n: n are too many to move while writers wait.
CREATE FUNCTION hearth.day_drop(day date, succeeded_before timestamptz, failed_before timestamptz, kept_max int) RETURNS int LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    suffix text := to_char(day, 'YYYYMMDD');
    t text;
    kept int;
BEGIN
    IF day IS NULL OR (day + 1)::timestamp AT TIME ZONE 'UTC' > succeeded_before OR succeeded_before > clock_timestamp()
        OR failed_before > clock_timestamp() OR to_regclass('hearth.job_' || suffix) IS NULL THEN
        RAISE EXCEPTION 'not a day to drop: %', day USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT pg_try_advisory_xact_lock(1213355081) THEN
        RETURN NULL;
    END IF;

    -- From here on no submission of that day comes in, so none can be missed: new rows of old ids are those of the inbox, or tell of jobs
    -- that are open and therefore kept.
    EXECUTE format('LOCK TABLE hearth.inbox_%s IN SHARE ROW EXCLUSIVE MODE', suffix);
    CREATE TEMP TABLE hearth_kept (shard int NOT NULL, id uuid NOT NULL, PRIMARY KEY (shard, id)) ON COMMIT DROP;
    EXECUTE format($sql$
        INSERT INTO pg_temp.hearth_kept
        SELECT j.shard, j.id
        FROM hearth.job_%1$s AS j
        LEFT JOIN hearth.job_end_%1$s AS e ON e.shard = j.shard AND e.id = j.id
        WHERE e.id IS NULL OR e.ended_at >= CASE e.state WHEN 6 THEN $2 ELSE $1 END
        UNION
        SELECT i.shard, i.id
        FROM hearth.inbox_%1$s AS i
        WHERE NOT EXISTS (SELECT FROM hearth.job_%1$s AS j WHERE j.shard = i.shard AND j.id = i.id)
        $sql$, suffix) USING succeeded_before, failed_before;
    GET DIAGNOSTICS kept = ROW_COUNT;
    IF kept > kept_max THEN
        DROP TABLE pg_temp.hearth_kept;
        RETURN -1 - kept;
    END IF;
    ANALYZE pg_temp.hearth_kept;

    -- Where a shard has nothing newer, its last id must not be forgotten with the rows.
    EXECUTE format($sql$
        UPDATE hearth.shard AS s SET last_id = l.id
        FROM (SELECT o.id AS shard, (SELECT j.id FROM hearth.job_%1$s AS j WHERE j.shard = o.id ORDER BY j.id DESC LIMIT 1) AS id
            FROM hearth.shard AS o) AS l
        WHERE l.shard = s.id AND l.id IS NOT NULL AND (s.last_id IS NULL OR s.last_id < l.id)
          AND NOT EXISTS (SELECT FROM hearth.job AS j WHERE j.shard = s.id AND j.id > l.id)
        $sql$, suffix);

    FOREACH t IN ARRAY hearth.daily_tables() LOOP
        CONTINUE WHEN t = 'job_key';
        EXECUTE format('ALTER TABLE hearth.%1$s DETACH PARTITION hearth.%1$s_%2$s', t, suffix);
    END LOOP;
    FOREACH t IN ARRAY hearth.daily_tables() LOOP
        CONTINUE WHEN t = 'job_key';
        IF kept > 0 THEN
            EXECUTE format('INSERT INTO hearth.%1$s SELECT o.* FROM hearth.%1$s_%2$s AS o JOIN pg_temp.hearth_kept AS k USING (shard, id)', t, suffix);
        END IF;
        EXECUTE format('DROP TABLE hearth.%s_%s', t, suffix);
    END LOOP;
    DROP TABLE pg_temp.hearth_kept;
    RETURN kept;
END $$;

-- Forgets the keys of days that are over for them, and of those some in the default partition. True: there may be more.
CREATE FUNCTION hearth.keys_drop() RETURNS boolean LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    last date := (clock_timestamp() AT TIME ZONE 'UTC' - hearth.key_window())::date;
    day date;
    deleted int;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1213355081) THEN
        RETURN false;
    END IF;
    FOR day IN SELECT d FROM hearth.days('hearth.job_key') AS d WHERE d < last LOOP
        EXECUTE format('ALTER TABLE hearth.job_key DETACH PARTITION hearth.job_key_%s', to_char(day, 'YYYYMMDD'));
        EXECUTE format('DROP TABLE hearth.job_key_%s', to_char(day, 'YYYYMMDD'));
    END LOOP;
    DELETE FROM hearth.job_key_default WHERE ctid IN (SELECT k.ctid FROM hearth.job_key_default AS k WHERE k.id < hearth.first_id(last) LIMIT 1000);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted = 1000;
END $$;

-- Deletes jobs from the default partitions that have ended before: of the ends after a key, so many are looked at.
-- Returns the last that was looked at, and null when there are no more.
CREATE FUNCTION hearth.forget(
    INOUT after_shard int, INOUT after_id uuid, succeeded_before timestamptz, failed_before timestamptz, look_max int) LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    shards int[];
    ids uuid[];
    looked int;
    last_shard int;
    last uuid;
    t text;
BEGIN
    IF succeeded_before > clock_timestamp() OR failed_before > clock_timestamp() OR look_max NOT BETWEEN 1 AND 100000 THEN
        RAISE EXCEPTION 'not a time to forget by' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT pg_try_advisory_xact_lock(1213355081) THEN
        after_shard := NULL;
        after_id := NULL;
        RETURN;
    END IF;
    SELECT array_agg(e.shard) FILTER (WHERE e.is_old), array_agg(e.id) FILTER (WHERE e.is_old), count(*),
        (array_agg(e.shard ORDER BY e.shard DESC, e.id DESC))[1], (array_agg(e.id ORDER BY e.shard DESC, e.id DESC))[1]
    INTO shards, ids, looked, last_shard, last
    FROM (
        SELECT d.shard, d.id, d.ended_at < CASE d.state WHEN 6 THEN failed_before ELSE succeeded_before END AS is_old
        FROM hearth.job_end_default AS d
        WHERE (d.shard, d.id) > (after_shard, after_id)
        ORDER BY d.shard, d.id LIMIT look_max) AS e;
    IF shards IS NOT NULL THEN
        UPDATE hearth.shard AS s SET last_id = l.id
        FROM (SELECT o.shard, (array_agg(o.id ORDER BY o.id DESC))[1] AS id FROM unnest(shards, ids) AS o (shard, id) GROUP BY o.shard) AS l
        WHERE l.shard = s.id AND (s.last_id IS NULL OR s.last_id < l.id)
          AND NOT EXISTS (SELECT FROM hearth.job AS j WHERE j.shard = s.id AND j.id > l.id);
        FOREACH t IN ARRAY hearth.daily_tables() LOOP
            CONTINUE WHEN t = 'job_key';
            EXECUTE format('DELETE FROM hearth.%s_default AS d USING unnest($1, $2) AS o (shard, id) WHERE d.shard = o.shard AND d.id = o.id', t)
            USING shards, ids;
        END LOOP;
    END IF;
    after_shard := CASE WHEN looked < look_max THEN NULL ELSE last_shard END;
    after_id := CASE WHEN looked < look_max THEN NULL ELSE last END;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA hearth FROM PUBLIC;

SELECT hearth.day_make((now() AT TIME ZONE 'UTC')::date + d) FROM generate_series(0, 7) AS d;
