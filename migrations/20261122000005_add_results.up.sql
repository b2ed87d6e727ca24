-- What a confirmed purchase will tell the results feed: JSON, worked out with the calculation. It moves
-- to `results` when the purchase is confirmed.
ALTER TABLE purchases ADD COLUMN results TEXT;
ALTER TABLE purchases ADD COLUMN sold_at BIGINT; -- by the receipt, seconds since 1970

-- The results feed: what came of offers. Rows are added, and numbered later, in the order of `seq`,
-- by whoever reads them: transactions do not commit in the order in which they would draw numbers.
CREATE TABLE results (
    id          TEXT   PRIMARY KEY,
    seq         BIGINT, -- NULL: not numbered yet
    happened_at BIGINT NOT NULL, -- seconds since 1970
    kind        TEXT   NOT NULL, -- purchase, return or member
    member_id   TEXT,
    purchase_id TEXT,
    events      TEXT   NOT NULL -- JSON list
);
CREATE UNIQUE INDEX results_seq ON results (seq) WHERE seq IS NOT NULL;
CREATE INDEX results_waiting ON results (happened_at, id) WHERE seq IS NULL;
CREATE INDEX results_member ON results (member_id, happened_at) WHERE member_id IS NOT NULL;
