-- Jobs that one node works on at a time: who, and until when unless it says so again. Times are milliseconds since 1970
-- by the clock of the database.
CREATE TABLE jobs (
    name        TEXT   PRIMARY KEY,
    node        TEXT   NOT NULL,
    lease_until BIGINT NOT NULL
);

-- When the component of a version was removed, in seconds since 1970; `component` is empty then. NULL: it is stored.
ALTER TABLE mechanic_versions ADD COLUMN removed_at BIGINT;

-- What retention removes, oldest first. A confirmed purchase keeps its row: the books need it. `inputs` and `request` are
-- empty once they are removed.
CREATE INDEX purchases_unconfirmed ON purchases (updated_at) WHERE state IN ('cancelled', 'expired');
CREATE INDEX purchases_with_inputs ON purchases (updated_at) WHERE state = 'confirmed' AND inputs <> '';
CREATE INDEX purchases_with_texts ON purchases (updated_at) WHERE state = 'confirmed' AND request <> '';
CREATE INDEX member_attributes_ended ON member_attributes (until_revision) WHERE until_revision IS NOT NULL;
CREATE INDEX personal_answers_ended ON personal_answers (until_revision) WHERE until_revision IS NOT NULL;
