-- Replies of processes, kept until a service that has their definition routes them: looked for every second, among however
-- many replies that senders asked for and nobody has fetched. Those name no process.
create index reply_kept on faultline.reply (reply_id) where process_id is not null;
