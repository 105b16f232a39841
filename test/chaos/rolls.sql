-- A thousand rolls from nothing but the formula in docs/chaos.md, in another language than ours:
-- roll = first 53 bits (big-endian) of SHA-256("{seed}:{key}:{step}:{attempt}:{fault}") / 2^53
with places as (
  select
    (array['friday', '0123456789abcdef', 'a.b_c-D', 'demo'])[1 + n % 4] as seed,
    (n * 7919 % 100000)::text as key,
    (array['query', 'aggregation', 'render', 'render#2', 'Überweisung'])[1 + n % 5] as step,
    1 + n % 7 as attempt,
    (array['first_attempts', 'permanent', 'transient', 'business_rule', 'timeout', 'crash', 'connection_lost', 'lost_ack',
      'duplicate', 'corrupt_reply', 'duration'])[1 + n % 11] as fault
  from generate_series(1, 1000) as n
),
digests as (
  select *, sha256(convert_to(concat_ws(':', seed, key, step, attempt, fault), 'UTF8')) as digest
  from places
),
bits as (
  -- Seven bytes are 56 bits: the last three of them are not used.
  select *, ('x' || lpad(encode(substr(digest, 1, 7), 'hex'), 16, '0'))::bit(64)::bigint >> 3 as first_53
  from digests
)
select seed, key, step, attempt, fault, first_53::double precision / 2 ^ 53 as roll
from bits;
