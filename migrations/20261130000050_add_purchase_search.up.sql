-- The card that the receipt names, in the form by which cards compare; empty if it names none. NULL: calculated by a
-- release without this column.
ALTER TABLE purchases ADD COLUMN card TEXT;

-- Purchases by member, by card, and all of them, by the time of the receipt.
CREATE INDEX purchases_by_member ON purchases (member_id, (COALESCE(sold_at, updated_at)), id)
    WHERE member_id IS NOT NULL;
CREATE INDEX purchases_by_card ON purchases (card, (COALESCE(sold_at, updated_at)), id) WHERE card <> '';
CREATE INDEX purchases_by_time ON purchases ((COALESCE(sold_at, updated_at)), id);
