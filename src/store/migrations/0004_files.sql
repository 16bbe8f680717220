-- What every file came to when it was last read, so that one that did not change needs no second reading.
CREATE TABLE folder (
    id   INTEGER PRIMARY KEY,
    -- Absolute.
    path TEXT NOT NULL UNIQUE
) STRICT;

-- Keys of studies in few bytes.
CREATE TABLE file_study (
    id        INTEGER PRIMARY KEY,
    study_key TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE file (
    folder_id INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
    name      TEXT    NOT NULL,
    -- Position of its source on the command line, and bytes of the source's path in the file's.
    source    INTEGER NOT NULL,
    root      INTEGER NOT NULL,
    -- Size, nanoseconds since 1970 of the last change of content and of the entry, number in the file system.
    size      INTEGER NOT NULL,
    modified  INTEGER NOT NULL,
    changed   INTEGER NOT NULL,
    inode     INTEGER NOT NULL,
    -- 0 instance, 1 not DICOM, 2 DICOMDIR, 3 rejected.
    came_to   INTEGER NOT NULL,
    study_id  INTEGER REFERENCES file_study (id),
    -- Digest of path, size, content fingerprint and decoded pixels.
    line      BLOB    NOT NULL,
    -- How it was read; null of an instance, whose study has it.
    read_under TEXT,
    -- Why it was rejected, JSON.
    rejection TEXT,
    PRIMARY KEY (folder_id, name)
) STRICT, WITHOUT ROWID;

-- What a study's facts and result rest on: its files, how they were read, what judged them.
ALTER TABLE study ADD COLUMN input BLOB;
ALTER TABLE study ADD COLUMN read_under TEXT NOT NULL DEFAULT '';
ALTER TABLE study ADD COLUMN models_under TEXT NOT NULL DEFAULT '';
ALTER TABLE study ADD COLUMN judged_under TEXT NOT NULL DEFAULT '';
ALTER TABLE study ADD COLUMN region TEXT;
