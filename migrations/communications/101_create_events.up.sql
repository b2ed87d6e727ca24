-- Numbers that are given once each, from 0: of members, and of events. `last` is how many were given. The row is written
-- before a number is used, so that numbers become visible in their order.
CREATE TABLE sequences (
    name TEXT PRIMARY KEY NOT NULL,
    last BIGINT NOT NULL
);

INSERT INTO sequences (name, last) VALUES ('events', 0), ('members', 0);

-- A member's number, which is given once. A member that was merged into another one points to it by the survivor's number.
CREATE TABLE members (
    member_id TEXT PRIMARY KEY NOT NULL,
    number BIGINT NOT NULL UNIQUE,
    merged_into BIGINT
);

-- Visitors of a site who have said which member they are.
CREATE TABLE visitors (
    visitor TEXT PRIMARY KEY NOT NULL,
    number BIGINT NOT NULL,
    linked_at BIGINT NOT NULL
);

CREATE INDEX visitors_by_member ON visitors (number);

-- The log of what happened. Times are milliseconds since 1970.
CREATE TABLE events (
    seq BIGINT PRIMARY KEY NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    number BIGINT,
    visitor TEXT,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    payload TEXT NOT NULL,
    UNIQUE (source, id)
);

CREATE INDEX events_by_member ON events (number, kind, at);
CREATE INDEX events_by_visitor ON events (visitor);
CREATE INDEX events_by_time ON events (at);

-- How far a reader of a log has come, by its name. `mark` is the id of the last row that it has read, where rows of that
-- log may get other positions, as after a restore.
CREATE TABLE cursors (
    name TEXT PRIMARY KEY NOT NULL,
    position BIGINT NOT NULL,
    mark TEXT NOT NULL DEFAULT ''
);

-- What was erased of whom, without saying who it was: the proof is a digest of the member's id.
CREATE TABLE erasures (
    id TEXT PRIMARY KEY NOT NULL,
    digest TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    erased TEXT NOT NULL
);

CREATE INDEX erasures_by_digest ON erasures (digest);
