-- What every instance looked like when it came first: tens of millions a night, so in few bytes.
DROP TABLE receipt;

CREATE TABLE received_study (
    id            INTEGER PRIMARY KEY,
    study_key     TEXT NOT NULL UNIQUE,
    institution   TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    run_id        TEXT NOT NULL
) STRICT;

CREATE TABLE receipt (
    -- First 16 bytes of the SHA-256 of the SOP Instance UID.
    sop      BLOB    PRIMARY KEY,
    study_id INTEGER NOT NULL REFERENCES received_study (id),
    -- 16 bytes of the SHA-256 of the attributes that tell what the image is of.
    header   BLOB    NOT NULL,
    -- 16 bytes over the decoded pixels; null where they were not read.
    pixels   BLOB
) STRICT, WITHOUT ROWID;

-- Receipts of a run that is under way. They count from its end on, so that what a study is held
-- against does not depend on which of a run's studies came first.
CREATE TABLE receipt_staged (
    sop       BLOB    NOT NULL,
    study_id  INTEGER NOT NULL,
    header    BLOB    NOT NULL,
    pixels    BLOB,
    -- 1 where the header takes the place of the earlier one: a correction before any label.
    corrected INTEGER NOT NULL
) STRICT;

-- Rows of one order are told apart by Accession Number too, where no Study Instance UID is given.
DROP TABLE manifest_row;
CREATE TABLE manifest_row (
    id                 INTEGER PRIMARY KEY,
    institution        TEXT    NOT NULL,
    order_id           TEXT    NOT NULL,
    study_uid          TEXT    NOT NULL,
    accession          TEXT    NOT NULL,
    item_code          TEXT    NOT NULL,
    patient_key        TEXT    NOT NULL,
    report_id          TEXT    NOT NULL,
    -- emergency, routine, special.
    order_kind         TEXT    NOT NULL,
    exam_at            TEXT,
    report_at          TEXT,
    upload_at          TEXT,
    expected_instances INTEGER,
    label_printed      TEXT    NOT NULL,
    -- The whole row as read, JSON.
    fields             TEXT    NOT NULL,
    source             TEXT    NOT NULL,
    line               INTEGER NOT NULL,
    read_at            TEXT    NOT NULL,
    UNIQUE (institution, order_id, study_uid, accession)
) STRICT;

CREATE INDEX manifest_by_study ON manifest_row (study_uid);
