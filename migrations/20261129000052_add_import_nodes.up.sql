-- The node that works on an import, and when it was last heard of: milliseconds since 1970, by the clock of the database.
-- Empty and 0: nobody works on it, or a release without these columns does; then `updated_at` says when it was heard of.
ALTER TABLE imports ADD COLUMN node TEXT NOT NULL DEFAULT '';
ALTER TABLE imports ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
