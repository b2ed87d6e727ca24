-- What the amounts of this database are counted in: one row, written by the first start and never changed. Of a
-- database from before it, the next start writes what the settings of the start before say.
CREATE TABLE scales (
    id                BIGINT PRIMARY KEY, -- 1
    currency_code     TEXT   NOT NULL,
    currency_exponent BIGINT NOT NULL, -- digits after the point
    points_exponent   BIGINT NOT NULL
);
