-- Audiences as they were defined. A row is never edited: it ends, and another begins.
CREATE TABLE audiences (
    name           TEXT   NOT NULL,
    from_revision  BIGINT NOT NULL REFERENCES revisions (revision),
    until_revision BIGINT REFERENCES revisions (revision),
    title          TEXT,
    rule           TEXT, -- JSON; NULL: the members are uploaded
    PRIMARY KEY (name, from_revision)
);
CREATE UNIQUE INDEX audiences_current ON audiences (name) WHERE until_revision IS NULL;

-- Lists of members that were uploaded. A new list is filled bit by bit, and then takes the place of
-- the one before at once; those that are not in force are removed bit by bit.
CREATE TABLE audience_lists (
    list       BIGINT PRIMARY KEY,
    audience   TEXT   NOT NULL,
    in_force   BIGINT NOT NULL, -- 1: yes, 0: not yet, or no more
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX audience_lists_in_force ON audience_lists (audience) WHERE in_force = 1;

CREATE TABLE audience_members (
    list      BIGINT NOT NULL,
    member_id TEXT   NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    PRIMARY KEY (list, member_id)
);
CREATE INDEX audience_members_member ON audience_members (member_id);

CREATE INDEX member_audiences_audience ON member_audiences (audience);

-- What becomes of an attribute when its member is merged into another.
ALTER TABLE attributes ADD COLUMN title TEXT;
ALTER TABLE attributes ADD COLUMN merge TEXT NOT NULL DEFAULT 'copy_if_absent';

-- Who has everything that this member had.
ALTER TABLE members ADD COLUMN merged_into TEXT;
CREATE INDEX members_merged_into ON members (merged_into) WHERE merged_into IS NOT NULL;

CREATE INDEX purchases_member ON purchases (member_id) WHERE member_id IS NOT NULL;
