-- Studies with what their checks may see (facts) and what was said of them (result).
CREATE TABLE study (
    id               INTEGER PRIMARY KEY,
    study_key        TEXT    NOT NULL UNIQUE,
    study_uid        TEXT,
    institution      TEXT    NOT NULL,
    institution_name TEXT    NOT NULL,
    study_date       TEXT,
    modalities       TEXT    NOT NULL,
    -- 0 header, 1 pixels, 2 models.
    depth            INTEGER NOT NULL,
    as_of            TEXT    NOT NULL,
    run_id           TEXT    NOT NULL,
    judged_at        TEXT    NOT NULL,
    policy           TEXT    NOT NULL,
    policy_digest    TEXT    NOT NULL,
    tool             TEXT    NOT NULL,
    -- 0 pass, 1 review, 2 fail.
    verdict          INTEGER NOT NULL,
    -- MessagePack with field names, zstd.
    facts            BLOB    NOT NULL,
    -- JSON of the published schema, zstd.
    result           BLOB    NOT NULL
) STRICT;

CREATE INDEX study_by_institution ON study (institution, study_date);
CREATE INDEX study_by_date ON study (study_date);

CREATE TABLE series (
    study_id   INTEGER NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    n          INTEGER NOT NULL,
    series_uid TEXT,
    modality   TEXT,
    kind       TEXT,
    plane      TEXT,
    phase      TEXT,
    instances  INTEGER NOT NULL,
    PRIMARY KEY (study_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE stack (
    study_id  INTEGER NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    series_n  INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    kind      TEXT,
    phase     TEXT,
    slices    INTEGER NOT NULL,
    spacing   REAL,
    thickness REAL,
    geometry  TEXT,
    PRIMARY KEY (study_id, series_n, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE outcome (
    study_id   INTEGER NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    n          INTEGER NOT NULL,
    code       TEXT    NOT NULL,
    -- 0 pass, 1 fail, 2 not applicable, 3 could not run.
    outcome    INTEGER NOT NULL,
    -- 0 minor, 1 major, 2 critical.
    severity   INTEGER NOT NULL,
    series_uid TEXT,
    sop_uid    TEXT,
    frame      INTEGER,
    PRIMARY KEY (study_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    run_id            TEXT PRIMARY KEY,
    started_at        TEXT    NOT NULL,
    tool              TEXT    NOT NULL,
    depth             INTEGER NOT NULL,
    input_fingerprint TEXT    NOT NULL,
    studies           INTEGER NOT NULL
) STRICT;
