-- What concerns a whole batch or all of them, by time: few, among events of commands and processes that may be very many.
create index event_system on faultline.event (at) where command_id is null and process_id is null;
