-- The label gate: what people and centres said, what was decided, and the history of both.
-- Days are YYYY-MM-DD, times RFC 3339. An empty text means "any" in a scope, "none" elsewhere.

-- Append-only history; every entry carries the hash of the one before it.
CREATE TABLE ledger (
    seq     INTEGER PRIMARY KEY,
    prev    TEXT NOT NULL,
    hash    TEXT NOT NULL,
    at      TEXT NOT NULL,
    kind    TEXT NOT NULL,
    -- A study key, or an institution id with what it is about.
    subject TEXT NOT NULL,
    -- JSON with sorted keys, exactly as hashed.
    body    TEXT NOT NULL
) STRICT;

CREATE INDEX ledger_by_subject ON ledger (subject, seq);

CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- Institutions as the registry last told them: what the gate asks of them.
CREATE TABLE institution (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    level       TEXT,
    ownership   TEXT,
    region      TEXT,
    -- JSON array.
    memberships TEXT NOT NULL,
    told_at     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE evaluation (
    id          INTEGER PRIMARY KEY,
    institution TEXT NOT NULL,
    profile     TEXT NOT NULL,
    -- An item_uid, a modality, or `*`.
    target      TEXT NOT NULL,
    -- A label scope of the profile; empty: every scope.
    scope       TEXT NOT NULL,
    held_on     TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('evaluation', 'spot-check')),
    result      TEXT NOT NULL CHECK (result IN ('pass', 'fail')),
    evaluator   TEXT NOT NULL,
    -- Run or audit id, or a document.
    evidence    TEXT NOT NULL,
    person      TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    ledger_seq  INTEGER NOT NULL REFERENCES ledger (seq),
    UNIQUE (institution, profile, target, scope, held_on, kind, result, evaluator, evidence)
) STRICT;

CREATE TABLE review (
    id            INTEGER PRIMARY KEY,
    study_key     TEXT NOT NULL,
    profile       TEXT NOT NULL,
    answer        TEXT NOT NULL CHECK (answer IN ('apply', 'withhold')),
    person        TEXT NOT NULL,
    role          TEXT NOT NULL,
    reason        TEXT NOT NULL,
    signed_on     TEXT NOT NULL,
    -- Digest of the findings that were signed; other findings need another signature.
    result_digest TEXT NOT NULL,
    recorded_at   TEXT NOT NULL,
    ledger_seq    INTEGER NOT NULL REFERENCES ledger (seq)
) STRICT;

CREATE INDEX review_by_study ON review (study_key);

CREATE TABLE waiver (
    id             INTEGER PRIMARY KEY,
    -- Name of the check.
    check_name     TEXT NOT NULL,
    profile        TEXT NOT NULL,
    institution    TEXT NOT NULL,
    item           TEXT NOT NULL,
    study_key      TEXT NOT NULL,
    reason         TEXT NOT NULL,
    person         TEXT NOT NULL,
    role           TEXT NOT NULL,
    valid_from     TEXT NOT NULL,
    valid_until    TEXT NOT NULL,
    recorded_at    TEXT NOT NULL,
    revoked_on     TEXT,
    revoked_by     TEXT,
    revoked_reason TEXT,
    ledger_seq     INTEGER NOT NULL REFERENCES ledger (seq)
) STRICT;

CREATE TABLE appeal (
    id          INTEGER PRIMARY KEY,
    institution TEXT NOT NULL,
    study_key   TEXT NOT NULL,
    profile     TEXT NOT NULL,
    check_code  TEXT NOT NULL,
    -- JSON of the finding's subject.
    subject     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    opened_by   TEXT NOT NULL,
    opened_on   TEXT NOT NULL,
    due_on      TEXT NOT NULL,
    -- upheld: the finding was wrong; rejected: it stands.
    outcome     TEXT CHECK (outcome IN ('upheld', 'rejected')),
    answer      TEXT,
    answered_by TEXT,
    answered_on TEXT,
    closed_by   TEXT,
    closed_on   TEXT,
    ledger_seq  INTEGER NOT NULL REFERENCES ledger (seq)
) STRICT;

CREATE INDEX appeal_by_check ON appeal (check_code, outcome);

CREATE TABLE rectification (
    id             INTEGER PRIMARY KEY,
    institution    TEXT NOT NULL,
    profile        TEXT NOT NULL,
    target         TEXT NOT NULL,
    evaluation_id  INTEGER REFERENCES evaluation (id),
    finding        TEXT NOT NULL,
    opened_by      TEXT NOT NULL,
    opened_on      TEXT NOT NULL,
    due_on         TEXT NOT NULL,
    cause          TEXT,
    measure        TEXT,
    answered_by    TEXT,
    answered_on    TEXT,
    recheck_result TEXT CHECK (recheck_result IN ('pass', 'fail')),
    recheck_note   TEXT,
    rechecked_by   TEXT,
    rechecked_on   TEXT,
    closed_by      TEXT,
    closed_on      TEXT,
    ledger_seq     INTEGER NOT NULL REFERENCES ledger (seq)
) STRICT;

-- The decision that stands for a study, or a view of it, under a profile. It outlives the study's
-- results: the label is printed, whatever becomes of the store.
CREATE TABLE label (
    study_key     TEXT    NOT NULL,
    profile       TEXT    NOT NULL,
    -- Empty where no item was matched.
    item          TEXT    NOT NULL,
    -- JSON of the series and instances of a view; empty for the study.
    subject       TEXT    NOT NULL,
    study_uid     TEXT    NOT NULL,
    institution   TEXT    NOT NULL,
    study_date    TEXT    NOT NULL,
    decision      TEXT    NOT NULL CHECK (decision IN ('apply', 'withhold', 'withdraw')),
    scope         TEXT    NOT NULL,
    text          TEXT    NOT NULL,
    text_en       TEXT    NOT NULL,
    position      TEXT    NOT NULL,
    -- JSON array of codes with values and clauses.
    reasons       TEXT    NOT NULL,
    -- 0 header, 1 pixels, 2 models.
    depth         INTEGER NOT NULL,
    as_of         TEXT    NOT NULL,
    decided_at    TEXT    NOT NULL,
    run_id        TEXT    NOT NULL,
    -- Digest of policy, tool and models together: what a mass change is told by.
    versions      TEXT    NOT NULL,
    ledger_seq    INTEGER NOT NULL REFERENCES ledger (seq),
    PRIMARY KEY (study_key, profile, item, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX label_by_uid ON label (study_uid);
CREATE INDEX label_by_institution ON label (institution, profile, decision);

-- The decision that stands for an institution, an item or group of items, and a scope.
CREATE TABLE standing (
    institution TEXT NOT NULL,
    profile     TEXT NOT NULL,
    target      TEXT NOT NULL,
    scope       TEXT NOT NULL,
    state       TEXT NOT NULL,
    since       TEXT NOT NULL,
    -- The day it lapses; empty where it is not granted.
    until       TEXT NOT NULL,
    reasons     TEXT NOT NULL,
    as_of       TEXT NOT NULL,
    decided_at  TEXT NOT NULL,
    ledger_seq  INTEGER NOT NULL REFERENCES ledger (seq),
    PRIMARY KEY (institution, profile, target, scope)
) STRICT, WITHOUT ROWID;

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
    UNIQUE (institution, order_id, study_uid)
) STRICT;

CREATE INDEX manifest_by_study ON manifest_row (study_uid);

-- What every instance looked like when it came first.
CREATE TABLE receipt (
    sop_uid       TEXT PRIMARY KEY,
    study_key     TEXT NOT NULL,
    institution   TEXT NOT NULL,
    header_digest TEXT NOT NULL,
    -- Empty where pixels were not read.
    pixel_digest  TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    run_id        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX receipt_by_study ON receipt (study_key);

-- A mass change that waits for a person.
CREATE TABLE release_hold (
    id          INTEGER PRIMARY KEY,
    institution TEXT    NOT NULL,
    profile     TEXT    NOT NULL,
    -- The versions that would change the labels.
    versions    TEXT    NOT NULL,
    affected    INTEGER NOT NULL,
    labels      INTEGER NOT NULL,
    brake_share REAL    NOT NULL,
    -- JSON: cause and how many labels it takes, most first.
    causes      TEXT    NOT NULL,
    opened_at   TEXT    NOT NULL,
    released_by TEXT,
    released_at TEXT,
    reason      TEXT,
    ledger_seq  INTEGER NOT NULL REFERENCES ledger (seq),
    UNIQUE (institution, profile, versions)
) STRICT;
