DELETE FROM sequences WHERE name = 'number_ranges';
DROP TABLE number_ranges;
DROP TABLE suppressions;
DROP TABLE consents;
