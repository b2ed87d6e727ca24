-- Members of a mailing in the order of their numbers, some at a time, to credit purchases to it.
CREATE INDEX messages_by_cause_and_member ON messages (cause, number);
