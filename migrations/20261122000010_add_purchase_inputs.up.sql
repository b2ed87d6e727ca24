-- What a calculation has read beside the request, the plan and the attributes by their revisions: JSON, so
-- that it can be worked out again. NULL: from before it was kept.
ALTER TABLE purchases ADD COLUMN inputs TEXT;
