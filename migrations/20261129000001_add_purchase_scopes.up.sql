-- Purchases of keys that are bound to places: ids of tills are unique within such a place only. `id` of these rows is
-- the place, the character U+001F and the till's id; `till_id` is the till's id alone. NULL: of a key that is bound to
-- nothing, and `id` is the till's.
ALTER TABLE purchases ADD COLUMN till_id TEXT;
CREATE INDEX purchases_till_id ON purchases (till_id) WHERE till_id IS NOT NULL;

-- The point of sale that the receipt names. NULL: calculated by a release without this column.
ALTER TABLE purchases ADD COLUMN pos TEXT;
