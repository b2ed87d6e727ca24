-- Members who were merged into another one: for the next merger of that one, and for its erasure.
CREATE INDEX members_by_survivor ON members (merged_into) WHERE merged_into IS NOT NULL;

-- Visitors by the time at which they said who they are, to forget those of long ago.
CREATE INDEX visitors_by_time ON visitors (linked_at);

-- The messages of a chain, for its statistics. Those of mailings are found by their cause.
CREATE INDEX messages_by_chain ON messages (queue) WHERE cause_kind = 'chain';

-- Promises that have ended, to remove those of long ago.
CREATE INDEX promises_by_end ON promises (ends_at) WHERE ends_at IS NOT NULL;
