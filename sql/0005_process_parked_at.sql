-- When a process began to wait for an operator. An index on `updated_at`, which every step writes, kept PostgreSQL from updating
-- the row in place (HOT), whatever the index's predicate: without it two of three steps of a chain touch no index of the process.
alter table faultline.process add column parked_at timestamptz;
update faultline.process set parked_at = updated_at where status = 'WAITING_FOR_TSQ';
drop index faultline.process_advance_failed;
create index process_advance_failed on faultline.process (parked_at, process_id)
  where status = 'WAITING_FOR_TSQ' and error_code = 'ADVANCE_FAILED';
