-- Retention by how a job ended, and otherwise for some shards; deleting ended jobs by id.
-- Times before which jobs must have ended come in threes: succeeded (state 5), failed (6), cancelled (7). "before" is of all shards, but for
-- those in "shards", each of which has its three in "shards_before".

-- Drops a day's partitions, those of keys aside. What is still open, or has ended too lately, goes to the default partitions in the same transaction.
-- Returns how many jobs that were; null: another is at it; negative: more than kept_max, too many to move while writers wait.
CREATE FUNCTION hearth.day_drop(day date, before timestamptz[], shards int[], shards_before timestamptz[], kept_max int) RETURNS int LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    suffix text := to_char(day, 'YYYYMMDD');
    t text;
    kept int;
    newest timestamptz := (SELECT max(b) FROM unnest(before || shards_before) AS b);
BEGIN
    IF day IS NULL OR newest IS NULL OR cardinality(before) <> 3 OR cardinality(shards_before) <> 3 * cardinality(shards)
        OR (day + 1)::timestamp AT TIME ZONE 'UTC' > newest OR newest > clock_timestamp() OR to_regclass('hearth.job_' || suffix) IS NULL THEN
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
        SELECT k.shard, k.id
        FROM (
            SELECT j.shard, j.id
            FROM hearth.job_%1$s AS j
            LEFT JOIN hearth.job_end_%1$s AS e ON e.shard = j.shard AND e.id = j.id
            LEFT JOIN unnest($2) WITH ORDINALITY AS o (shard, n) ON o.shard = j.shard
            WHERE e.id IS NULL OR e.ended_at >= coalesce(($3)[(3 * o.n + e.state - 7)::int], ($1)[e.state - 4])
            UNION
            SELECT i.shard, i.id
            FROM hearth.inbox_%1$s AS i
            WHERE NOT EXISTS (SELECT FROM hearth.job_%1$s AS j WHERE j.shard = i.shard AND j.id = i.id)) AS k
        LIMIT $4 + 1
        $sql$, suffix) USING before, shards, shards_before, kept_max;
    GET DIAGNOSTICS kept = ROW_COUNT;
    IF kept > kept_max THEN
        DROP TABLE pg_temp.hearth_kept;
        RETURN -1;
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

-- Deletes jobs from the default partitions that have ended before: of the ends after a key, so many are looked at.
-- Returns the last that was looked at, and null when there are no more.
CREATE FUNCTION hearth.forget(
    INOUT after_shard int, INOUT after_id uuid, before timestamptz[], shards int[], shards_before timestamptz[], look_max int) LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    old_shards int[];
    old_ids uuid[];
    looked int;
    last_shard int;
    last uuid;
    t text;
BEGIN
    IF cardinality(before) <> 3 OR cardinality(shards_before) <> 3 * cardinality(shards) OR look_max NOT BETWEEN 1 AND 100000
        OR EXISTS (SELECT FROM unnest(before || shards_before) AS b WHERE b IS NULL OR b > clock_timestamp()) THEN
        RAISE EXCEPTION 'not a time to forget by' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT pg_try_advisory_xact_lock(1213355081) THEN
        after_shard := NULL;
        after_id := NULL;
        RETURN;
    END IF;
    SELECT array_agg(e.shard) FILTER (WHERE e.is_old), array_agg(e.id) FILTER (WHERE e.is_old), count(*),
        (array_agg(e.shard ORDER BY e.shard DESC, e.id DESC))[1], (array_agg(e.id ORDER BY e.shard DESC, e.id DESC))[1]
    INTO old_shards, old_ids, looked, last_shard, last
    FROM (
        SELECT d.shard, d.id, d.ended_at < coalesce(shards_before[3 * array_position(shards, d.shard) + d.state - 7], before[d.state - 4]) AS is_old
        FROM hearth.job_end_default AS d
        WHERE (d.shard, d.id) > (after_shard, after_id)
        ORDER BY d.shard, d.id LIMIT look_max) AS e;
    IF old_shards IS NOT NULL THEN
        UPDATE hearth.shard AS s SET last_id = l.id
        FROM (SELECT o.shard, (array_agg(o.id ORDER BY o.id DESC))[1] AS id FROM unnest(old_shards, old_ids) AS o (shard, id) GROUP BY o.shard) AS l
        WHERE l.shard = s.id AND (s.last_id IS NULL OR s.last_id < l.id)
          AND NOT EXISTS (SELECT FROM hearth.job AS j WHERE j.shard = s.id AND j.id > l.id);
        FOREACH t IN ARRAY hearth.daily_tables() LOOP
            CONTINUE WHEN t = 'job_key';
            EXECUTE format('DELETE FROM hearth.%s_default AS d USING unnest($1, $2) AS o (shard, id) WHERE d.shard = o.shard AND d.id = o.id', t)
            USING old_shards, old_ids;
        END LOOP;
    END IF;
    after_shard := CASE WHEN looked < look_max THEN NULL ELSE last_shard END;
    after_id := CASE WHEN looked < look_max THEN NULL ELSE last END;
END $$;

-- Deletes ended jobs of a shard, whichever partition they are in; keys stay. Ids ascend. Returns those that were deleted; null: none.
CREATE FUNCTION hearth.job_delete(of_shard int, ids uuid[]) RETURNS uuid[] LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    ended uuid[];
    t text;
BEGIN
    IF cardinality(ids) NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION '1 to 1000 jobs are deleted at once' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT array_agg(e.id ORDER BY e.id) INTO ended
    FROM hearth.job_end AS e
    WHERE e.shard = of_shard AND e.id = ANY (ids) AND e.id BETWEEN ids[1] AND ids[cardinality(ids)];
    IF ended IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE hearth.shard AS s SET last_id = ended[cardinality(ended)]
    WHERE s.id = of_shard AND (s.last_id IS NULL OR s.last_id < ended[cardinality(ended)])
      AND NOT EXISTS (SELECT FROM hearth.job AS j WHERE j.shard = of_shard AND j.id > ended[cardinality(ended)]);
    FOREACH t IN ARRAY hearth.daily_tables() LOOP
        CONTINUE WHEN t = 'job_key';
        EXECUTE format('DELETE FROM hearth.%s AS d WHERE d.shard = $1 AND d.id = ANY ($2) AND d.id BETWEEN $3 AND $4', t)
        USING of_shard, ended, ended[1], ended[cardinality(ended)];
    END LOOP;
    RETURN ended;
END $$;

-- Whoever could call what these replace may call these.
DO $$
DECLARE
    r regrole;
    f regprocedure;
BEGIN
    FOREACH f IN ARRAY ARRAY[
        'hearth.day_drop(date, timestamptz[], int[], timestamptz[], int)', 'hearth.forget(int, uuid, timestamptz[], int[], timestamptz[], int)',
        'hearth.job_delete(int, uuid[])']::regprocedure[] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        FOR r IN
            SELECT DISTINCT a.grantee::regrole
            FROM pg_proc AS p, aclexplode(p.proacl) AS a
            WHERE p.oid = 'hearth.forget(int, uuid, timestamptz, timestamptz, int)'::regprocedure AND a.grantee <> 0 AND a.grantee <> p.proowner
        LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', f, r);
        END LOOP;
    END LOOP;
END $$;
DROP FUNCTION hearth.day_drop(date, timestamptz, timestamptz, int);
DROP FUNCTION hearth.forget(int, uuid, timestamptz, timestamptz, int);
