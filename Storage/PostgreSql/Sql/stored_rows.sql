-- Whether all rows of a write are there, whose commit was in doubt when its shard was found with another owner.
SELECT
    (SELECT count(*) FROM unnest($2::uuid[]) AS w (id) WHERE EXISTS (SELECT FROM hearth.job AS t WHERE t.shard = $1 AND t.id = w.id))
    + (SELECT count(*) FROM unnest($3::uuid[], $4::int[]) AS w (id, checksum)
        WHERE EXISTS (SELECT FROM hearth.job_end AS t WHERE t.shard = $1 AND t.id = w.id AND t.checksum = w.checksum))
    + (SELECT count(*) FROM unnest($5::uuid[], $6::int[], $7::smallint[]) AS w (id, attempt, kind)
        WHERE EXISTS (SELECT FROM hearth.job_attempt AS t
            WHERE t.shard = $1 AND t.id = w.id AND t.attempt = w.attempt AND t.kind = w.kind))
    + (SELECT count(*) FROM unnest($8::uuid[], $9::int[], $17::int[], $18::timestamptz[], $19::text[]) AS w (id, number, attempt, at, text)
        -- One that was there before is not it; one that has taken its place was written after it.
        WHERE EXISTS (SELECT FROM hearth.job_note AS t
            WHERE t.shard = $1 AND t.id = w.id AND t.number = w.number AND (t.attempt > w.attempt
                OR (t.attempt = w.attempt AND (t.at > w.at OR (t.at = w.at AND t.text = w.text))))))
    + (SELECT count(*) FROM unnest($10::uuid[], $11::bytea[]) AS w (id, hash)
        WHERE EXISTS (SELECT FROM hearth.job_key AS t WHERE t.shard = $1 AND t.id = w.id AND t.hash = w.hash))
    + (SELECT count(*) FROM unnest($12::uuid[], $13::int[], $14::int[]) AS w (id, attempt, number)
        WHERE EXISTS (SELECT FROM hearth.job_lease AS t
            WHERE t.shard = $1 AND t.id = w.id AND t.attempt = w.attempt AND t.number = w.number))
    + (SELECT count(*) FROM unnest($15::uuid[], $16::int[]) AS w (id, shard)
        WHERE EXISTS (SELECT FROM hearth.inbox AS t WHERE t.shard = w.shard AND t.id = w.id))
    + (SELECT count(*) FROM unnest($20::uuid[], $21::timestamptz[], $22::int[]) AS w (scope, at, count)
        WHERE EXISTS (SELECT FROM hearth.permit AS t WHERE t.shard = $1 AND t.scope = w.scope AND t.at = w.at AND t.count = w.count))
