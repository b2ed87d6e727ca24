-- Pools of unique coupon codes. A pool belongs to one offer for good, since plans say which offers have pools.
CREATE TABLE coupon_pools (
    name       TEXT   PRIMARY KEY,
    offer      TEXT   NOT NULL, -- external id
    uses       BIGINT NOT NULL, -- purchases that may use one code
    expires_at BIGINT,
    revision   BIGINT NOT NULL REFERENCES revisions (revision), -- the one that created it
    issued     BIGINT NOT NULL DEFAULT 0 -- codes that were issued on request
);

-- The codes. Which of them are reserved is in coupon_uses; that a code has expired follows from its pool.
CREATE TABLE coupons (
    key        TEXT   PRIMARY KEY, -- the code in the form in which codes are compared
    code       TEXT   NOT NULL, -- as it was written
    pool       TEXT   NOT NULL,
    issued     BIGINT NOT NULL, -- 1: to a member, or a purchase has used it; 0: not yet
    member_id  TEXT, -- nobody else may use it
    issued_at  BIGINT,
    uses       BIGINT NOT NULL, -- by confirmed purchases
    import_id  TEXT   NOT NULL -- the import that brought it
);
-- For counts by state, and for the next code to issue.
CREATE INDEX coupons_states ON coupons (pool, issued, uses, key);
-- For lists.
CREATE INDEX coupons_pool ON coupons (pool, key);
CREATE INDEX coupons_member ON coupons (member_id) WHERE member_id IS NOT NULL;

-- The codes that purchases use. Reserved until a time; used for good without one.
CREATE TABLE coupon_uses (
    purchase_id TEXT   NOT NULL,
    key         TEXT   NOT NULL,
    expires_at  BIGINT,
    at          BIGINT NOT NULL,
    PRIMARY KEY (purchase_id, key)
);
CREATE INDEX coupon_uses_key ON coupon_uses (key);
CREATE INDEX coupon_uses_open ON coupon_uses (expires_at) WHERE expires_at IS NOT NULL;
