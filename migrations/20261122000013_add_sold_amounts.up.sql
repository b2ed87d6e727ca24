-- The amounts that confirming and returning a purchase need, as integers of the smallest step: scales, rounding,
-- validity of the points, lines and rewards (JSON; its form has a number). One document, because it is written once
-- with the calculation, read whole, and never searched. NULL: calculated by a release without this column.
ALTER TABLE purchases ADD COLUMN sold TEXT;

-- The lines that a return brings back, likewise (JSON). NULL: created by a release without this column.
ALTER TABLE returns ADD COLUMN lines TEXT;
