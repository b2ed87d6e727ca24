-- Offers that messages have promised to members, as the till would have paid them when the message was sent. Times are
-- milliseconds since 1970.
CREATE TABLE promises (
    message_id TEXT NOT NULL,
    offer TEXT NOT NULL,
    number BIGINT NOT NULL,
    offer_version BIGINT NOT NULL,
    -- Minor units on the goods that were priced.
    discount BIGINT NOT NULL,
    -- In the smallest step of points.
    points BIGINT NOT NULL,
    granted_at BIGINT NOT NULL,
    -- NULL: the offer has no end.
    ends_at BIGINT,
    PRIMARY KEY (message_id, offer)
);

CREATE INDEX promises_by_offer ON promises (offer, ends_at);
CREATE INDEX promises_by_member ON promises (number);
