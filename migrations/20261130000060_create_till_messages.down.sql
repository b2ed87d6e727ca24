DROP TABLE till_messages;
