DROP TABLE mailing_audiences;
DROP TABLE mailings;
DROP TABLE message_rates;
DROP TABLE message_workers;
DELETE FROM sequences WHERE name = 'lanes';
DROP TABLE message_lanes;
DROP TABLE message_queues;
DROP TABLE messages;
