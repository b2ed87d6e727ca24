-- One row, which a node that says that it is ready has just written.
CREATE TABLE readiness (
    id BIGINT PRIMARY KEY,
    -- Seconds since 1970.
    checked_at BIGINT NOT NULL
);
