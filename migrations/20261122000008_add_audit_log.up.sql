-- Who changed what, and when: added to, never changed. Every row holds the hash of the one before, so
-- that an edit or a gap shows; see "Audit log" in ARCHITECTURE.md.
CREATE TABLE audit_log (
    number   BIGINT PRIMARY KEY, -- from 1, without gaps
    at       BIGINT NOT NULL, -- seconds since 1970
    actor    TEXT   NOT NULL,
    role     TEXT   NOT NULL,
    action   TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    detail   TEXT   NOT NULL, -- JSON
    revision BIGINT, -- that it was written with
    previous TEXT   NOT NULL,
    hash     TEXT   NOT NULL
);
