-- Rules over what is known of members.
CREATE TABLE segments (
    name TEXT PRIMARY KEY NOT NULL,
    title TEXT,
    -- JSON.
    rule TEXT NOT NULL,
    -- Raised when the rule changes, or that of a segment that it reads.
    revision BIGINT NOT NULL,
    -- The revision whose members are worked out; 0 before the first.
    built BIGINT NOT NULL DEFAULT 0,
    -- 1 if it is an audience of offers too.
    offers BIGINT NOT NULL DEFAULT 0,
    -- The revision of the tills that has its members; NULL before the first.
    published BIGINT,
    changed_at BIGINT NOT NULL
);

-- Which events rules ask for, and what they read of them. `digest` names the definition.
CREATE TABLE segment_measures (
    measure BIGINT PRIMARY KEY NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    -- JSON.
    definition TEXT NOT NULL,
    -- 1 once the events before the measure are in.
    is_filled BIGINT NOT NULL DEFAULT 0
);

-- What a measure reads of an event of a member; `day` is that of the member's zone. All of it is the key, so that sums
-- are read from the index alone.
CREATE TABLE segment_facts (
    measure BIGINT NOT NULL,
    number BIGINT NOT NULL,
    day BIGINT NOT NULL,
    at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (measure, number, day, at, seq, value)
);

CREATE INDEX segment_facts_by_day ON segment_facts (measure, day, number);
CREATE INDEX segment_facts_by_member ON segment_facts (number);

-- What rules read of members besides events. Scores of RFM are from 1 to 5; NULL without purchases.
CREATE TABLE segment_members (
    number BIGINT PRIMARY KEY NOT NULL,
    zone TEXT NOT NULL,
    points BIGINT,
    recency BIGINT,
    frequency BIGINT,
    monetary BIGINT
);

CREATE TABLE segment_attributes (
    name TEXT NOT NULL,
    number BIGINT NOT NULL,
    -- JSON.
    value TEXT NOT NULL,
    PRIMARY KEY (name, number)
);

CREATE INDEX segment_attributes_by_member ON segment_attributes (number);

-- The members of a segment: a Roaring bitmap for each 65,536 numbers.
CREATE TABLE segment_sets (
    segment TEXT NOT NULL,
    revision BIGINT NOT NULL,
    container BIGINT NOT NULL,
    members BYTEA NOT NULL,
    size BIGINT NOT NULL,
    PRIMARY KEY (segment, revision, container)
);

-- Those of them that the tills have, of segments that are audiences of offers.
CREATE TABLE segment_published (
    segment TEXT NOT NULL,
    container BIGINT NOT NULL,
    members BYTEA NOT NULL,
    PRIMARY KEY (segment, container)
);

-- The day up to which midnights of a zone are worked out.
CREATE TABLE segment_days (
    zone TEXT PRIMARY KEY NOT NULL,
    day BIGINT NOT NULL
);

-- Cut points of RFM, frozen for a month such as 2027-01.
CREATE TABLE rfm_months (
    month TEXT PRIMARY KEY NOT NULL,
    -- JSON.
    cuts TEXT NOT NULL,
    buyers BIGINT NOT NULL,
    made_at BIGINT NOT NULL
);
