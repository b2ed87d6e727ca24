-- What a candidate would have done on purchases that are long sold. Nothing else depends on a row.
CREATE TABLE backtests (
    id          TEXT   PRIMARY KEY,
    node        TEXT   NOT NULL, -- that works on it
    state       TEXT   NOT NULL, -- running, done or failed
    request     TEXT   NOT NULL, -- JSON
    receipts    BIGINT NOT NULL, -- in all
    done        BIGINT NOT NULL,
    report      TEXT,            -- JSON, once it is done
    detail      TEXT   NOT NULL, -- why it failed
    created_at  BIGINT NOT NULL, -- seconds since 1970
    finished_at BIGINT,
    seen_at     BIGINT NOT NULL  -- milliseconds since 1970, by the clock of the database
);

-- The last purchases, by the time of the receipt.
CREATE INDEX purchases_confirmed ON purchases ((COALESCE(sold_at, updated_at))) WHERE state = 'confirmed';
