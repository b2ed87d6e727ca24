-- Uploads that are applied in batches. Whatever a batch does is written together with how far it got,
-- so that an import that stops goes on where it was.
CREATE TABLE imports (
    id             TEXT   PRIMARY KEY,
    kind           TEXT   NOT NULL, -- attributes or members
    state          TEXT   NOT NULL, -- running, suspended, done, cancelled or failed
    options        TEXT   NOT NULL, -- JSON
    fingerprint    TEXT   NOT NULL, -- SHA-256 of the upload, hexadecimal
    rows_total     BIGINT NOT NULL,
    bytes_total    BIGINT NOT NULL,
    rows_done      BIGINT NOT NULL,
    bytes_done     BIGINT NOT NULL,
    applied        BIGINT NOT NULL, -- rows that changed something
    unchanged      BIGINT NOT NULL, -- rows that were so already
    refused        BIGINT NOT NULL, -- rows with an error
    warned         BIGINT NOT NULL, -- rows with a warning
    first_revision BIGINT,          -- of the changes that it made
    last_revision  BIGINT,
    detail         TEXT   NOT NULL, -- why it stopped, for people
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);
CREATE INDEX imports_unfinished ON imports (state) WHERE state IN ('running', 'suspended');

CREATE TABLE import_errors (
    import_id TEXT   NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    number    BIGINT NOT NULL, -- within the import, from 1
    row_number BIGINT NOT NULL, -- of the upload, from 1
    line      BIGINT NOT NULL, -- of the file, from 1
    severity  TEXT   NOT NULL, -- error or warning
    pointer   TEXT   NOT NULL,
    code      TEXT   NOT NULL,
    detail    TEXT   NOT NULL,
    PRIMARY KEY (import_id, number)
);

-- What members answered to their personal offers. Beside the terms, not in them: the next upload of
-- the same terms finds the answer again.
CREATE TABLE personal_answers (
    member_id      TEXT   NOT NULL,
    attribute      TEXT   NOT NULL,
    item           TEXT   NOT NULL, -- fingerprint of its terms
    answer         TEXT   NOT NULL, -- accepted or declined
    from_revision  BIGINT NOT NULL REFERENCES revisions (revision),
    until_revision BIGINT REFERENCES revisions (revision),
    PRIMARY KEY (member_id, attribute, item, from_revision)
);
CREATE UNIQUE INDEX personal_answers_current
    ON personal_answers (member_id, attribute, item) WHERE until_revision IS NULL;
