-- The till's count of its calculations of a purchase: an older one does not replace a newer one. NULL: not counted.
ALTER TABLE purchases ADD COLUMN sequence BIGINT;

-- The parts of limits that the calculation takes (JSON; its form has a number): a confirmation after the time-out takes
-- them again, when the reservations are gone. NULL: calculated by a release without this column.
ALTER TABLE purchases ADD COLUMN grants TEXT;

-- Warnings of the host beside those of the calculation (JSON list). They are no part of the stored answer, which is
-- compared byte for byte when it is replayed. NULL: none.
ALTER TABLE purchases ADD COLUMN warnings TEXT;
