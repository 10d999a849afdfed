-- The history is a chain of events. A change is an intent and, later, one outcome; reading folds them.
create table events (
    -- Place in the chain: 1, 2, 3, …
    seq bigint primary key,
    -- The change that the event belongs to.
    change_id text not null,
    -- 'intent' or 'outcome'.
    kind text not null,
    -- Microseconds since 1970, UTC.
    at_us bigint not null,
    -- The event as JSON, byte for byte as it was hashed.
    body text not null,
    -- Copies out of the intent's body, for filters; empty in outcomes.
    actor text not null,
    target_kind text not null,
    target_namespace text not null,
    target_name text not null,
    -- The hash of the event before. Unique, so that two writers cannot fork the chain.
    prev text not null unique,
    hash text not null unique,
    -- A change has one intent and one outcome.
    unique (change_id, kind)
);
create index events_by_target on events (target_namespace, target_kind, seq);
create index events_by_actor on events (actor, seq);
