DROP TABLE erasures;
DROP TABLE cursors;
DROP TABLE events;
DROP TABLE visitors;
DROP TABLE members;
DROP TABLE sequences;
