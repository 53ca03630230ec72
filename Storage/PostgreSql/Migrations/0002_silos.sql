-- Which silos live. Renewals change no indexed column, so that they leave nothing to vacuum but what a page prunes by itself.
CREATE TABLE hearth.silo (
    started_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    renewed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    steady_since timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at     timestamptz,
    port         int         NOT NULL CHECK (port BETWEEN 0 AND 65535),
    roles        int         NOT NULL,
    running      int         NOT NULL DEFAULT 0,
    waiting      int         NOT NULL DEFAULT 0,
    status       smallint    NOT NULL DEFAULT 1 CHECK (status BETWEEN 1 AND 4),
    id           text        PRIMARY KEY CHECK (id <> ''),
    name         text        NOT NULL CHECK (name <> ''),
    version      text        NOT NULL,
    host         text        NOT NULL,
    certificate  bytea       NOT NULL,
    pools        text[]      NOT NULL,
    http         text,
    refused_by   text[]      NOT NULL DEFAULT '{}',
    CHECK ((status > 2) = (ended_at IS NOT NULL))
) WITH (fillfactor = 50);
COMMENT ON COLUMN hearth.silo.status IS '1 active, 2 draining, 3 left, 4 dead. Who has ended never comes back.';
COMMENT ON COLUMN hearth.silo.steady_since IS 'It has renewed without a gap since then.';
COMMENT ON COLUMN hearth.silo.refused_by IS 'Silos that were refused a connection since its last renewal.';

-- Names are unique among the living.
CREATE UNIQUE INDEX silo_name ON hearth.silo (name) WHERE status <= 2;

-- One row: the version of the table's living part.
CREATE TABLE hearth.cluster (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  bigint  NOT NULL DEFAULT 0
);
INSERT INTO hearth.cluster DEFAULT VALUES;

-- Whoever changes who is there, or how, raises the version in the same transaction and tells the silos.
CREATE FUNCTION hearth.silo_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    raised bigint;
BEGIN
    UPDATE hearth.cluster SET version = version + 1 RETURNING version INTO raised;
    PERFORM pg_notify('hearth_silos', raised::text);
    RETURN NULL;
END $$;
CREATE TRIGGER silo_came AFTER INSERT ON hearth.silo FOR EACH ROW EXECUTE FUNCTION hearth.silo_changed();
CREATE TRIGGER silo_changed AFTER UPDATE OF status ON hearth.silo FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION hearth.silo_changed();

REVOKE ALL ON FUNCTION hearth.silo_changed() FROM PUBLIC;
