-- Messages of communications that wait for the next receipt of their member. They lie here and not in the database of
-- communications, which no till waits for. Times are seconds since 1970.
CREATE TABLE till_messages (
    -- Id of the message in the database of communications.
    id TEXT PRIMARY KEY NOT NULL,
    member_id TEXT NOT NULL,
    -- `receipt` or `cashier`.
    place TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- From then on it is not given any more.
    expires_at BIGINT NOT NULL,
    -- The purchase that it was given with last.
    purchase_id TEXT,
    -- Until then no other purchase gets it.
    held_until BIGINT,
    -- When that purchase was confirmed.
    delivered_at BIGINT
);

CREATE INDEX till_messages_by_member ON till_messages (member_id, created_at);
CREATE INDEX till_messages_by_purchase ON till_messages (purchase_id) WHERE purchase_id IS NOT NULL;
CREATE INDEX till_messages_delivered ON till_messages (delivered_at) WHERE delivered_at IS NOT NULL;
CREATE INDEX till_messages_by_end ON till_messages (expires_at);
