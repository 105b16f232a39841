-- A cancelled batch comes to rest like any other while something of it waits for an operator, and ends as CANCELED after that: so that
-- it was cancelled stands apart from where it is.
alter table faultline.batch add column cancel_requested_at timestamptz;
update faultline.batch set cancel_requested_at = now() where status = 'CANCELING';
